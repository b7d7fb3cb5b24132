# Copies everything in one directory into another, empty one, and compares the two: owners, modes, times, links, extended
# attributes and every byte. What a link in the tree points to is never followed. Arguments: FROM TO.
set -euo pipefail
cp --archive --no-target-directory --sparse=auto -- "$1" "$2"
digest() {
  # A digest of an archive in order of names: everything that is in it is compared. Sockets are in no archive.
  tar --create --file=- --directory="$1" --sort=name --numeric-owner --acls --xattrs --xattrs-include='*' --format=posix \
    --pax-option=exthdr.name=%d/%f,delete=atime,delete=ctime --warning=no-file-ignored . | sha256sum
}
sync --file-system "$2"
from=$(digest "$1")
to=$(digest "$2")
if [ "$from" != "$to" ]; then
  echo "the copy is not what was copied" >&2
  exit 4
fi

# Shows a subvolume at a path of its own. Arguments: SUBVOLUME PATH MODE(rw|ro).
set -e
mkdir -p -m 0700 -- "$2"
exec mount --bind -o "$3" -- "$1" "$2"

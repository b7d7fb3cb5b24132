# Replaces the file named by the only argument with standard input, so that a reader sees the old or the new one whole.
set -e
cat >"$1.new"
sync -d "$1.new"
mv -f -T -- "$1.new" "$1"

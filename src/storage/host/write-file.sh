# Replaces the file named by the only argument with standard input, so that a reader sees the old or the new one whole. What is
# written is a new file (-C), never one that lies in the way, and its owner's alone.
set -eC
umask 077
rm -f -- "$1.new"
cat >"$1.new"
sync -d "$1.new"
mv -f -T -- "$1.new" "$1"

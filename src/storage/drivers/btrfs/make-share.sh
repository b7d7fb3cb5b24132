# Makes an empty share aside and renames it into place when it is complete; what a half-done call left aside goes first. One
# script, because each command started from the service costs more than all of these. Arguments: STAGING SHARE MODE
# COW(yes|no) BYTES POOL.
set -e
if [ -d "$1" ]; then perl "${0%/*}/destroy-subvolume.pl" "$1"; fi
btrfs --quiet subvolume create -- "$1"
chmod -- "$3" "$1"
if [ "$4" = no ]; then chattr +C -- "$1"; fi
btrfs qgroup limit "$5" "$1"
# A rename that never copies; a subvolume in the way makes it fail.
mv -T -- "$1" "$2"
# What was reported as made must be there after a power cut.
btrfs filesystem sync "$6"

# Runs a server in a mount namespace (unshare --mount --propagation slave) that has a root of its own and, of everything
# that is mounted on the host, only what a server needs and the trees of one project: their mounts come and go with the host's.
# Arguments: OWN (the server's directory, absolute) VIEW (where the trees are mounted; "" for none) PROGRAM…
set -e
own=$1
view=$2
shift 2
root=$own/root
mkdir -p "$root"
mount -t tmpfs -o nodev,nosuid,noexec,mode=0755,size=256k tmpfs "$root"
cd "$root"
for each in usr etc dev sys proc; do
  mkdir "$each"
  mount --bind "/$each" "$each"
done
for each in bin sbin lib lib32 lib64 libx32; do
  if [ -L "/$each" ]; then
    ln -s "$(readlink "/$each")" "$each"
  elif [ -d "/$each" ]; then
    mkdir "$each"
    mount --bind "/$each" "$each"
  fi
done
# Not the directory below, which is the host's.
[ ! -d dev/shm ] || mount -t tmpfs -o nodev,nosuid,noexec,size=64k tmpfs dev/shm
mkdir -p ".$own" tmp run/ganesha var old
ln -s ../run var/run
mount --bind "$own" ".$own"
if [ -n "$view" ]; then
  mkdir -p ".$view"
  # Mounts made or undone below it on the host are seen here, not the other way round.
  mount --rbind "$view" ".$view"
  mount --make-rslave ".$view"
fi
pivot_root . old
cd /
# All that is left of the host's mounts, at once. They are copies that nobody uses.
umount --lazy old
rmdir old
# Whom the kernel ends first when memory runs out: a server comes back by itself.
echo 300 >/proc/self/oom_score_adj
exec "$@"

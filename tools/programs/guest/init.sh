#!/bin/busybox sh
# The guest's only process: brings up modules and network, then runs one command a line from the serial console.
# A line is "TAG COMMAND"; the answer ends with a line "TAG RC".
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in $(cat /modules/order); do
  insmod "/modules/$module" || echo "guest: $module can't be loaded"
done
ip link set lo up
ip link set eth0 up
ip addr add 10.0.2.15/24 dev eth0
ip route add default via 10.0.2.2
stty -echo -onlcr
echo 'guest: ready'
while read -r tag line; do
  # `command` keeps a syntax error from ending the shell, and with it the guest.
  command eval "$line" 2>&1 </dev/null
  rc=$?
  echo
  echo "$tag $rc"
done
poweroff -f

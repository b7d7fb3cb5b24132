# Deletes the subvolume named by the only argument, an absolute path, where that folder is opened once and never again by its
# name: the program of btrfs-progs resolves links by itself, so a client that swaps names could lead it elsewhere.
# A link or file in its place (a client can swap one in while a share is moved away) is removed and not followed: left there, it
# would make every later deletion of that share fail.
use strict;
use Errno qw(ENOTDIR);
use Fcntl;

# BTRFS_IOC_SNAP_DESTROY of linux/btrfs.h, the same on x86, ARM and RISC-V; its argument is 8 bytes unused and a name.
my $SNAP_DESTROY = 0x5000940f;

my ($folder, $name) = $ARGV[0] =~ m{\A(/.*)/([^/]{1,255})\z}s or die "not a path: $ARGV[0]\n";
die "not a name: $name\n" if $name =~ /\A\.\.?\z/;
sysopen(my $opened, $folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) or die "$folder: $!\n";
exit 0 if ioctl($opened, $SNAP_DESTROY, pack('x8a4088', $name));
die "$ARGV[0]: $!\n" unless $! == ENOTDIR;
chdir($opened) or die "$folder: $!\n";
unlink($name) or die "$ARGV[0]: $!\n";

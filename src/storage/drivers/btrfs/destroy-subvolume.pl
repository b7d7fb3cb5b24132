# Deletes the subvolume named by the only argument, an absolute path, where that folder is opened once and never again by its
# name: the program of btrfs-progs resolves links by itself, so a client that swaps names could lead it elsewhere.
# With a second argument, `place`, it is one of the places where only what the driver puts aside belongs: a link, a file or an empty
# folder there (a client can swap one in while a share is moved away) is removed, too, and not followed.
use strict;
use Errno qw(EINVAL ENOTDIR);
use Fcntl;

# BTRFS_IOC_SNAP_DESTROY of linux/btrfs.h, the same on x86, ARM and RISC-V; its argument is 8 bytes unused and a name.
my $SNAP_DESTROY = 0x5000940f;

my ($folder, $name) = $ARGV[0] =~ m{\A(/.*)/([^/]{1,255})\z}s or die "not a path: $ARGV[0]\n";
die "not a name: $name\n" if $name =~ /\A\.\.?\z/;
sysopen(my $opened, $folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) or die "$folder: $!\n";
exit 0 if ioctl($opened, $SNAP_DESTROY, pack('x8a4088', $name));
my $why = $!;
if (($ARGV[1] // '') eq 'place' && ($why == ENOTDIR || $why == EINVAL)) {
  chdir($opened) or die "$folder: $!\n";
  exit 0 if $why == ENOTDIR ? unlink($name) : rmdir($name);
  $why = $!;
}
die "$ARGV[0]: $why\n";

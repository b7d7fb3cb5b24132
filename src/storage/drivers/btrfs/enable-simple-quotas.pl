# Switches on simple quotas (Linux 6.7 or later) of the mounted btrfs file system given as the only argument.
use strict;
use warnings;
my ($top) = @ARGV;
open(my $handle, '<', $top) or do { print STDERR "$top: $!\n"; exit 1 };
# struct btrfs_ioctl_quota_ctl_args { __u64 cmd; __u64 status; } with cmd = BTRFS_QUOTA_CTL_ENABLE_SIMPLE_QUOTA (4),
# handed to BTRFS_IOC_QUOTA_CTL, both from linux/btrfs.h.
my $arguments = pack('QQ', 4, 0);
ioctl($handle, 0xc0109428, $arguments) or do { print STDERR "$top: $!\n"; exit 1 };

# Exchanges two names, as quickly as it can, until it is killed, also where one is away for a while. The number of renameat2 is of linux/unistd.h for x86-64 and ARM.
use strict;
use POSIX;
my ($one, $other) = @ARGV;
my $number = (POSIX::uname)[4] eq 'x86_64' ? 316 : 276;
my ($here, $EXCHANGE) = (-100, 2);
$| = 1;
my $told;
while (1) {
  syscall($number, $here, $one, $here, $other, $EXCHANGE) == 0 or next;
  print "swapping\n" unless $told++;
}

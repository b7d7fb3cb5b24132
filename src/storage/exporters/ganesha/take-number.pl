# Takes an export number for good: NUMBERFILE is made only if it isn't there, and never without its owner in it. Arguments: NUMBERFILE
# ID. Code 3: taken.
package TakeNumber;
use strict;

# Of linux/fcntl.h and linux/errno.h, the same on x86, ARM and RISC-V.
my ($O_WRONLY, $O_CREAT, $O_TRUNC, $EEXIST) = (1, 0100, 01000, 17);

sub answer {
  my (undef, $path, $id) = @_;
  # One that is there is asked first: that is what happens most.
  return owner($path) eq $id ? (0, '', '') : (3, '', '') if lstat $path;
  # What an earlier call was cut short in is written over.
  my $draft = "$path.$id";
  sysopen(my $made, $draft, $O_WRONLY | $O_CREAT | $O_TRUNC, 0600) or die "$draft: $!\n";
  syswrite($made, "$id\n") == length "$id\n" && close $made or die "$draft: $!\n";
  my $taken = link($draft, $path) ? '' : $!;
  my $is_there = $! == $EEXIST;
  unlink $draft;
  return (0, '', '') if $taken eq '';
  die "$path: $taken\n" if !$is_there;
  return (owner($path) eq $id ? 0 : 3, '', '');
}

sub owner {
  my ($path) = @_;
  open(my $there, '<', $path) or die "$path: $!\n";
  return (<$there> // '') =~ s/\n\z//r;
}

return 1 if caller;
exit((answer('', @ARGV))[0]);

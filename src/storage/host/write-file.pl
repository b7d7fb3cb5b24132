# Replaces the file named by the only argument with standard input, so that a reader sees the old or the new one whole, and after a
# loss of power, too. What is written is a new file, never one that lies in the way, and its owner's alone.
package WriteFile;
use strict;

# Of linux/fcntl.h, the same on x86, ARM and RISC-V. With the last each write has reached the disk when it ends.
my ($O_WRONLY, $O_CREAT, $O_EXCL, $O_DSYNC) = (1, 0100, 0200, 010000);

# Dies with the reason. With `$fleeting` it may be lost with the power.
sub write_file {
  my ($path, $content, $fleeting) = @_;
  unlink "$path.new";
  sysopen(my $file, "$path.new", $O_WRONLY | $O_CREAT | $O_EXCL | ($fleeting ? 0 : $O_DSYNC), 0600) or die "$path.new: $!\n";
  for (my $at = 0; $at < length $content;) {
    $at += syswrite($file, $content, length($content) - $at, $at) // die "$path.new: $!\n";
  }
  close $file or die "$path.new: $!\n";
  rename("$path.new", $path) or die "$path.new: $!\n";
}

sub answer {
  my ($content, $path) = @_;
  write_file($path, $content);
  return (0, '', '');
}

return 1 if caller;
local $/;
my ($code, $out) = answer(<STDIN> // '', @ARGV);
print STDOUT $out;
exit $code;

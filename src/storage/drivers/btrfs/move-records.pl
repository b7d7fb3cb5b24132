# Copies the records that a release before kept inside the pool, where clients may reach, to the backend's own folder, and removes
# them there. Nothing of the old folder is trusted: only small plain files under names of records, none of them followed, and
# never over a record that is there. What else lies there stays. Arguments: OLD NEW.
use strict;
use Fcntl ':DEFAULT', ':mode';
use IO::Handle;

my ($old, $new) = @ARGV;
my $largest = 4096;

sysopen(my $folder, $old, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) or exit 0;
my $within = '/proc/self/fd/' . fileno $folder;
opendir(my $listed, "$within/.") or die "$old: $!\n";
for my $name (sort readdir $listed) {
  next unless $name =~ /\A[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.(?:revert|managed)\z/;
  sysopen(my $record, "$within/$name", O_RDONLY | O_NOFOLLOW | O_NONBLOCK) or next;
  my @facts = stat $record;
  next unless S_ISREG($facts[2]) && $facts[7] <= $largest;
  sysread($record, my $text, $largest) // next;
  if ($text =~ /\A\{[^{}]*\}\n\z/ && !-e "$new/$name") {
    unlink "$new/$name.new";
    sysopen(my $kept, "$new/$name.new", O_WRONLY | O_CREAT | O_EXCL, 0600) or die "$new/$name.new: $!\n";
    syswrite($kept, $text) == length $text && $kept->sync or die "$new/$name.new: $!\n";
    rename("$new/$name.new", "$new/$name") or die "$new/$name: $!\n";
  }
  unlink "$within/$name";
}

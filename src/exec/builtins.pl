# What the launcher does itself in place of starting a program for it, as a shell does: the small programs whose start costs a
# hundred times their work. Only in the forms listed here, on absolute paths, and only while all is as usual: anything else the
# program itself does. What they write is what the programs write (GNU coreutils and btrfs-progs, LANG=C). So are scripts of ours
# that say how.
#
# A worker of the launcher does them, one at a time, so that a file system that hangs holds up nobody else, and is killed as a
# program would be.
use strict;

# Bytes told at a time.
my $portion = 65536;
# The ioctl that tells the tree of an inode, and the inode of a subvolume's root: BTRFS_IOC_INO_LOOKUP and
# BTRFS_FIRST_FREE_OBJECTID of linux/btrfs_tree.h, the same on x86, ARM and RISC-V.
my ($INO_LOOKUP, $FIRST_OBJECT) = (0xd0009412, 256);
# Of linux/errno.h: the same everywhere.
my ($ENOENT, $EEXIST) = (2, 17);

my %builtins = (
  'blkid --probe --match-tag UUID --output export --' => \&uuids,
  'btrfs inspect-internal rootid --' => \&rootid,
  'cat --' => \&cat,
  'ls --' => sub { list(qr/^[^.]/, @_) },
  'ls -A --' => sub { list(qr/^(?!\.\.?\z)/s, @_) },
  'mkdir -p --' => sub { make_folders(undef, @_) },
  'mkdir -p -m 0700 --' => sub { make_folders(0700, @_) },
  'mv -T --' => \&move,
  'realpath -e --' => \&real_path,
  'rm -f --' => \&remove,
  'rmdir --' => sub { rmdir $_[0] ? 0 : undef },
  'stat --format %b --' => sub { facts('%b', @_) },
  'stat --format %d --' => sub { facts('%d', @_) },
  'stat --format %d:%i --' => sub { facts('%d:%i', @_) },
  'stat --format %i --' => sub { facts('%i', @_) },
  'stat --format %s %b --' => sub { facts('%s %b', @_) },
  'tee --' => \&tee,
  'test -d' => sub { -d $_[0] ? 0 : 1 },
  'test -e' => sub { -e $_[0] ? 0 : 1 },
);
my %operands = (blkid => 1000, mkdir => 1000, mv => 2, rm => 1000, stat => 1000);

# The builtin that a program's path and arguments ask for, and its operands; nothing when that is none.
sub builtin {
  my ($program, @rest) = @_;
  return (\&answer, @rest) if $program =~ m{\A/(?:usr/)?bin/perl\z} && answers($rest[0]);
  my ($name) = $program =~ m{\A/(?:usr/)?s?bin/([a-z]+)\z} or return;
  my @form = $name;
  push @form, shift @rest while @rest && $rest[0] !~ m{\A/};
  my $builtin = $builtins{"@form"} or return;
  return if !@rest || @rest > ($operands{$name} // 1) || grep { !m{\A/} } @rest;
  return ($builtin, @rest);
}

my ($tell, $input);

# Runs a builtin with that input; calls `tell` with "out" or "err" and bytes that it writes there. Answers the exit code, or
# undef when the program has to do it, before anything was told.
sub run_builtin {
  ($tell, $input) = splice @_, 0, 2;
  my ($builtin, @operands) = builtin(@_);
  return $builtin->(@operands);
}

# Scripts of ours that are made for it, by path: their packages. They say `sub answer`, which is given the input and the arguments
# and returns the exit code, what is written, and what is complained of; another Perl would call it, too.
my %answering;

sub answers {
  my ($path) = @_;
  return 0 if ($path // '') !~ m{\A/.*\.pl\z}s;
  return $answering{$path} //= do {
    open(my $file, '<', $path);
    my $text = defined $file ? join '', <$file> : '';
    $text =~ /^sub answer \{/m && $text =~ /^package (\w+);/m ? $1 : '';
  };
}

sub answer {
  my ($path, @arguments) = @_;
  # A worker reads it when it is first asked.
  my ($code, $out, $complaint) = eval {
    require $path;
    answers($path)->can('answer')->($input, @arguments);
  };
  ($code, $out, $complaint) = (1, '', $@) if $@ ne '';
  out($out);
  $tell->('err', $complaint) if length $complaint;
  return $code;
}

sub out { $tell->('out', $_[0]) if length $_[0] }

# The usual failure, which callers read: what they look for isn't there.
sub absent {
  return undef if $! != $ENOENT;
  $tell->('err', "$_[0]: No such file or directory\n");
  return 1;
}

sub cat {
  my ($path) = @_;
  open(my $file, '<:raw', $path) or return absent("cat: $path");
  my $told = 0;
  while (my $size = sysread($file, my $bytes, $portion) // return $told ? broken("cat: $path: $!") : undef) {
    out($bytes);
    $told = 1;
  }
  return 0;
}

sub broken {
  $tell->('err', "$_[0]\n");
  return 1;
}

sub list {
  my ($shown, $path) = @_;
  opendir(my $folder, $path) or return undef;
  my $text = '';
  for (sort grep { $_ =~ $shown } readdir $folder) {
    $text .= "$_\n";
    next if length $text < $portion;
    out($text);
    $text = '';
  }
  out($text);
  return 0;
}

sub make_folders {
  my ($mode, @paths) = @_;
  for my $path (@paths) {
    my $made = '';
    my @parts = grep { $_ ne '' } split m{/}, $path;
    while (defined(my $part = shift @parts)) {
      $made .= "/$part";
      if (mkdir $made) {
        # The mode is meant for the last one alone.
        @parts || !defined $mode || chmod $mode, $made or return undef;
      }
      else { $! == $EEXIST && -d $made or return undef }
    }
  }
  return 0;
}

# Beside what is there already the program looks twice, and to another file system it copies.
sub move {
  my ($from, $onto) = @_;
  return !lstat $onto && rename($from, $onto) ? 0 : undef;
}

sub real_path {
  require Cwd;
  my $real = Cwd::realpath($_[0]);
  return undef if !defined $real || !lstat $real;
  out("$real\n");
  return 0;
}

sub remove {
  for (@_) { unlink $_ or $! == $ENOENT or return undef }
  return 0;
}

sub facts {
  my ($format, @paths) = @_;
  my @all = map { [lstat] } @paths;
  return @paths == 1 ? absent("stat: cannot statx '$paths[0]'") : undef if grep { !@$_ } @all;
  for (@all) {
    my %fact = (d => $_->[0], i => $_->[1], s => $_->[7], b => $_->[12]);
    out($format =~ s/%([a-z])/$fact{$1}/gr . "\n");
  }
  return 0;
}

# Of XFS alone, whose superblock a device begins with; that it is whole is for the kernel to see, which has mounted it.
sub uuids {
  my @told;
  for my $device (@_) {
    sysopen(my $handle, $device, 0) or return undef;
    my $head = '';
    return undef if (sysread($handle, $head, 48) // 0) != 48 || $head !~ /\AXFSB/;
    push @told, "DEVNAME=$device\nUUID=" . join('-', unpack('x32 H8 H4 H4 H4 H12', $head)) . "\n";
  }
  out(join "\n", @told);
  return 0;
}

sub tee {
  open(my $file, '>:raw', $_[0]) or return undef;
  print({$file} $input) && close($file) or return undef;
  out($input);
  return 0;
}

sub rootid {
  my ($path) = @_;
  open(my $there, '<', $path) or return absent("ERROR: cannot access '$path'");
  my $asked = pack 'QQx4080', 0, $FIRST_OBJECT;
  ioctl($there, $INO_LOOKUP, $asked) or return undef;
  out(unpack('Q', $asked) . "\n");
  return 0;
}

1;

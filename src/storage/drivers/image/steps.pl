# Does the steps of a plan (plan.ts) in turn and stops at the first that fails. One process for a whole plan, because starting one
# costs more than most steps; each step may be cut short anywhere and done again.
#   perl steps.pl ARCHITECTURE
# Standard input: for each step its name, how many arguments follow, and those, all separated by NUL. Standard output: lines
# "WORD VALUE" of steps that find something out. Exit codes: 0 done, 1 failed (standard error says why), 66 what should be there is
# not, 69 something is in the way, 75 in use or at work elsewhere: the same again later, 76 it would not fit, 77 the pool has promised too much,
# 78 it can't be copied, 79 it has to be withdrawn first.
use strict;
use warnings;

my ($ABSENT, $TAKEN, $BUSY, $WOULD_LOSE, $NO_ROOM, $UNSUITED, $SERVED) = (66, 69, 75, 76, 77, 78, 79);
# Of linux/errno.h and linux/fcntl.h, the same on all these.
my ($ENOENT, $ENXIO, $EBUSY, $EEXIST, $EISDIR, $EINVAL, $ELOOP, $EIO) = (2, 6, 16, 17, 21, 22, 40, 5);
my ($O_RDWR, $O_CREAT, $O_EXCL, $O_NONBLOCK) = (2, 0100, 0200, 04000);
my ($LOCK_EX, $LOCK_NB) = (2, 4);
# Seconds that a device or a mount may take to become free, and between two looks.
my ($patience, $pause) = (10, 0.002);
# Seconds that what a server holds is given: it lets go when it is told to, and not by itself.
my $served_patience = 2;
my $unmounts_at_once = 8;
# Seconds for which XFS tries again to write what the pool did not take, before it shuts itself down.
my $retry_seconds = 60;

# Of `compact`.
# Bytes moved in one turn, and seconds after which a turn takes nothing more: for so long others wait who do something with the share.
my ($turn_bytes, $turn_seconds) = (4 * 2**20, 0.05);
# Seconds between two turns in which others come first, at least: they look for the lock each 0.01 s.
my $between_turns = 0.03;
# Times its reserve that a pool has free for the rate to count: with less it is more urgent than what others notice.
my $calm = 4;
# Bytes that may be moved before the pool commits, which gives back what they were moved from.
my $uncommitted = 64 * 2**20;

# Numbers of system calls: linux/unistd.h of x86-64, and the general table that newer architectures have.
my %general = (mount => 40, umount2 => 39, unshare => 97, fsync => 82, fallocate => 47, syncfs => 267, renameat2 => 276, statfs => 43, prctl => 167, sync_file_range => 84, fadvise => 223, clock_gettime => 113);
my %call_of = (
  x64 => { mount => 165, umount2 => 166, unshare => 272, fsync => 74, fallocate => 285, syncfs => 306, renameat2 => 316, statfs => 137, prctl => 157, sync_file_range => 277, fadvise => 221, clock_gettime => 228 },
  arm64 => \%general,
  riscv64 => \%general,
);
my %nofollow_of = (x64 => 0400000, arm64 => 0100000, riscv64 => 0400000);
my $architecture = shift // '';
my $call = $call_of{$architecture} or fail("steps.pl does not know the system calls of $architecture");
my $O_NOFOLLOW = $nofollow_of{$architecture};
# A file without a name, in a folder.
my $O_TMPFILE = 020000000 | ($architecture eq 'arm64' ? 040000 : 0200000);

# Of linux/mount.h.
my %flag = (ro => 1, nosuid => 2, nodev => 4, nosymfollow => 256, noatime => 1024);
my ($MS_BIND, $MS_REC, $MS_SLAVE, $MS_SHARED) = (4096, 16384, 1 << 19, 1 << 20);
my $UMOUNT_NOFOLLOW = 8;
my $CLONE_NEWNS = 0x20000;
# Of linux/loop.h.
my ($LOOP_CONFIGURE, $LOOP_SET_CAPACITY, $LOOP_GET_STATUS64) = (0x4c0a, 0x4c07, 0x4c05);
my ($LOOP_CTL_ADD, $LOOP_CTL_REMOVE, $LOOP_CTL_GET_FREE) = (0x4c80, 0x4c81, 0x4c82);
# The numbers of our own devices: those below are for who takes the first free one, those beyond don't fit into a minor number.
my ($first_loop, $loops) = (1 << 16, (1 << 20) - (1 << 16));
my ($LO_READ_ONLY, $LO_AUTOCLEAR, $LO_DIRECT_IO) = (1, 4, 16);
# Of linux/btrfs.h and linux/btrfs_tree.h.
my ($SUBVOL_CREATE, $SNAP_CREATE_V2, $SNAP_DESTROY, $BTRFS_SYNC) = (0x5000940e, 0x50009417, 0x5000940f, 0x9408);
my ($INO_LOOKUP, $FIRST_OBJECT, $SUBVOL_RDONLY, $SUBVOL_GETFLAGS) = (0xd0009412, 256, 2, 0x80089419);
# Of linux/fs.h and xfs_fs.h.
my ($GET_FLAGS, $SET_FLAGS, $NOCOW) = (0x80086601, 0x40086602, 0x00800000);
my ($AT_FDCWD, $RENAME_EXCHANGE) = (-100, 2);
my $XFS_GROW = 0x4010586e;
my $PUNCH_HOLE = 3;

# The block size of the loop devices: what btrfs wants of direct I/O, and the sector size that images are formatted with.
my $block = 4096;

my %step = (
  absent => \&absent,
  claimed => \&claimed,
  compact => \&compact,
  copy => \&copy,
  destroy => \&destroy,
  discard => \&discard,
  empty => \&empty,
  examine => \&examine,
  exceeding => \&tell_exceeding,
  exchange => \&exchange,
  failed => \&tell_failed,
  flush => \&flush,
  forget => \&forget,
  format => \&format_image,
  grow => \&grow,
  'grow-file' => \&grow_file,
  identify => \&identify,
  left => \&tell_left,
  promised => \&tell_promised,
  lock => \&lock,
  mode => \&mode,
  mount => \&mount_image,
  move => \&move,
  present => \&present,
  record => \&record,
  renew => \&renew,
  room => \&room,
  snapshot => \&snapshot,
  subvolume => \&subvolume,
  sync => \&sync_pool,
  twin => \&twin,
  unmount => \&unmount_id,
  'unmount-all' => \&unmount_all,
);

local $/;
my @words = split /\0/, <STDIN> // '', -1;
pop @words;
$| = 1;
# What is held until the end: locks.
my @held;
# Images that this process made: no device can show one yet.
my %made;
while (@words) {
  my ($name, $count) = splice @words, 0, 2;
  my @arguments = splice @words, 0, $count;
  my $do = $step{$name} or fail("there is no step $name");
  $do->(@arguments);
}
exit 0;

# ------------------------------------------------------------------------------------------------------------- answers

sub fail { print STDERR "$_[0]\n"; exit($_[1] // 1) }

sub say_that { print STDOUT "$_[0] $_[1]\n" }

# ------------------------------------------------------------------------------------------------------------- the pool

# One owner a file at a time, whatever the process. The file goes with what it is about, so whoever got a removed one asks again.
sub lock {
  my ($file) = @_;
  my $end = time + $patience;
  while (1) {
    sysopen(my $handle, $file, $O_RDWR | $O_CREAT | $O_NOFOLLOW, 0600) or fail("$file: $!");
    until (flock($handle, $LOCK_EX | $LOCK_NB)) {
      fail("$file: another call is at work", $BUSY) if time > $end;
      select(undef, undef, undef, 0.01);
    }
    my @now = lstat $file;
    my @mine = stat $handle;
    next if !@now || $now[1] != $mine[1];
    push @held, $handle;
    return;
  }
}

sub absent { fail("$_[0] is there", $TAKEN) if lstat $_[0] }

sub present { fail("$_[0] is not there", $ABSENT) if !lstat $_[0] }

sub parent_of {
  my ($folder, $name) = $_[0] =~ m{\A(.*)/([^/]+)\z}s or fail("$_[0] is not an absolute path");
  opendir_or($folder, \my $handle);
  return ($handle, $name);
}

# Opens a folder, and no link to one.
sub opendir_or {
  my ($folder, $handle) = @_;
  sysopen($$handle, $folder, $O_NOFOLLOW) or fail("$folder: $!", $! == $ENOENT ? $ABSENT : 1);
}

# An empty subvolume whose files are overwritten in place.
sub subvolume {
  my ($path) = @_;
  my ($folder, $name) = parent_of($path);
  ioctl($folder, $SUBVOL_CREATE, pack('q a4088', 0, $name)) or fail("$path: $!");
  chmod(0700, $path) or fail("$path: $!");
  opendir_or($path, \my $handle);
  my $flags = pack('L!', 0);
  ioctl($handle, $GET_FLAGS, $flags) or fail("$path: $!");
  ioctl($handle, $SET_FLAGS, pack('L!', unpack('L!', $flags) | $NOCOW)) or fail("$path: $!");
}

# In one piece, or not at all.
sub snapshot {
  my ($source, $target, $how) = @_;
  opendir_or($source, \my $from);
  my ($folder, $name) = parent_of($target);
  my $flags = $how eq 'ro' ? $SUBVOL_RDONLY : 0;
  my $arguments = pack('q Q Q Q4 a4040', fileno($from), 0, $flags, 0, 0, 0, 0, $name);
  ioctl($folder, $SNAP_CREATE_V2, $arguments) or fail("$target: $!", $! == $EEXIST ? $TAKEN : 1);
}

# One that isn't there is fine. The kernel frees its space some time later.
sub destroy {
  my ($path) = @_;
  return if !lstat $path;
  my ($folder, $name) = parent_of($path);
  ioctl($folder, $SNAP_DESTROY, pack('q a4088', 0, $name)) or $! == $ENOENT or fail("$path: $!");
}

# Never copies; what is in the way makes it fail.
sub move {
  my ($from, $to) = @_;
  fail("$to is there", $TAKEN) if lstat $to;
  rename($from, $to) or fail("$from: $!", $! == $ENOENT ? $ABSENT : 1);
}

# Out of the way, under a name that nothing else has.
sub discard {
  my ($path, $trash) = @_;
  return if !lstat $path;
  move($path, $trash . '.' . tree_of($path));
}

# Each takes the other's place, in one piece.
sub exchange {
  my ($one, $other) = @_;
  syscall($call->{renameat2}, $AT_FDCWD, $one, $AT_FDCWD, $other, $RENAME_EXCHANGE) == 0
    or fail("$one: $!", $! == $ENOENT ? $ABSENT : 1);
}

# Everything in the trash whose name begins like that.
sub empty {
  my ($trash, $prefix) = @_;
  opendir(my $handle, $trash) or fail("$trash: $!");
  destroy("$trash/$_") for grep { !/\A\./ && index($_, $prefix) == 0 } readdir $handle;
}

# Throws unless the pool can keep what it has promised and that much more. An image may still take its whole length, less what can be
# overwritten where it lies: not what lies in holes, and not what is older than a snapshot, which is written elsewhere also when the
# snapshot is gone. Of images `copied` nothing lies so any more. Whoever asks is alone with the pool until the process ends, or until
# the step "claimed" says that it can be seen.
my $claiming;

sub room {
  my ($lock, $root, $groups, $host, $seen, $more, $beyond, $reserve, @copied) = @_;
  sysopen($claiming, $lock, $O_RDWR | $O_CREAT | $O_NOFOLLOW, 0600) or fail("$lock: $!");
  flock($claiming, $LOCK_EX) or fail("$lock: $!");
  my %is_copied = map { (subvolume_of($_) => 1) } @copied;
  my ($needs, $free);
  # Counters move when the file system commits: what does not fit is counted once more after that.
  for my $try (0, 1) {
    sync_pool($root) if $try;
    my @images = promised_images($root);
    my ($total, $available) = left_in($root, $host);
    # However often space may be promised: what clients may not write any more nobody is given.
    fail(sprintf('the pool has %.2f GiB free, which is less than its reserve', $available / 2**30), $NO_ROOM)
      if $available < $reserve * $total && $try;
    $needs = $more;
    $free = $available + $beyond * $total;
    $free -= $_->{bytes} for @images;
    # What fits whatever lies where needs no look at that, which takes the longer the more images there are.
    return if !%is_copied && $needs <= $free && $available >= $reserve * $total;
    weigh($groups, @images);
    my @others;
    for my $image (@images) {
      if (!$is_copied{ $image->{subvolume} }) { push @others, $image; next }
      # What it will have to write once more.
      $needs += $image->{most};
      $free += $image->{most};
    }
    # To look at an image takes time: at no more of them than it takes, and at none where it would not help.
    my $most = $free;
    $most += $_->{most} for @others;
    if ($needs > $most) { $free = $most; next }
    my $seen_already = read_seen($seen);
    for my $image (sort { $b->{most} <=> $a->{most} } grep { defined $_->{tree} } @others) {
      last if $needs <= $free;
      $free += in_place($image, $seen_already);
    }
    write_seen($seen, $seen_already);
    return if $needs <= $free && $available >= $reserve * $total;
  }
  my ($wanted, $left) = map { sprintf '%.2f GiB', $_ / 2**30 } $needs, $free;
  fail("the pool has promised all but $left of its space, and this could take $wanted", $NO_ROOM);
}

# Bytes of the pool, those that can be had, and those of them that images may still take.
sub tell_promised {
  my ($root, $groups, $host, $seen) = @_;
  my $seen_already = read_seen($seen);
  my ($promised, %there) = (0);
  my @images = promised_images($root);
  weigh($groups, @images);
  for my $image (grep { defined $_->{tree} } @images) {
    $promised += $image->{bytes} - in_place($image, $seen_already);
    $there{ $image->{tree} } = 1;
  }
  delete @{$seen_already}{ grep { !$there{$_} } keys %$seen_already };
  write_seen($seen, $seen_already);
  tell_left($root, $host);
  say_that(promised => $promised);
}

# Each image of the pool that has something promised: where it is, what tells its subvolume from others, and its length.
sub promised_images {
  my ($root) = @_;
  my (@found, %counted);
  # What others move meanwhile is counted where it was or where it goes: staging is read first, as that is the way.
  for my $folder (map { folders_in("$root/$_") } 'staging', 'shares') {
    my ($subvolume, $mode, $bytes) = (lstat "$folder/image")[0, 2, 7];
    next if !$bytes || ($mode & 0170000) != 0100000 || $counted{$subvolume}++;
    push @found, { folder => $folder, path => "$folder/image", subvolume => $subvolume, bytes => $bytes };
  }
  return @found;
}

# As `stat` tells it, of the images in it, too.
sub subvolume_of { return (lstat $_[0])[0] // fail("$_[0]: $!", $! == $ENOENT ? $ABSENT : 1) }

# Adds to each its tree and the most of it that can lie in its place. What is not where it was seen any more has no tree: it is gone, or lies
# elsewhere and is promised there.
sub weigh {
  my ($groups, @images) = @_;
  for my $image (@images) {
    my $tree = $image->{tree} = tree_if_there($image->{folder});
    $image->{most} = defined $tree ? least($image->{bytes}, alone_of($tree, $groups)) : 0;
  }
}

# Bytes of an image that can be overwritten where they lie. What was seen of one that has not changed since is still so.
sub in_place {
  my ($image, $seen) = @_;
  my ($path, $tree, $bytes) = @{$image}{'path', 'tree', 'bytes'};
  my ($folder) = __FILE__ =~ m{\A(.*)/};
  require "$folder/extents.pl";
  # Gone meanwhile, with what it was promised.
  sysopen(my $handle, $path, $O_NOFOLLOW | $O_NONBLOCK) or return $bytes;
  my ($generation, $last_snapshot) = Extents::generations($handle, $tree);
  my ($when, $there) = @{ $seen->{$tree} // [-1, 0] };
  if ($when != $generation) {
    $there = Extents::in_place($handle, (stat $handle)[1], $last_snapshot);
    $seen->{$tree} = [$generation, $there];
  }
  return least($bytes, $there);
}

# By tree: its generation, and what was seen of it then. The file is nobody's promise: without it all is looked at once more. Generations
# may come again after a loss of power, so that a pool that is set up begins without it.
sub read_seen {
  my ($file) = @_;
  sysopen(my $handle, $file, $O_NOFOLLOW) or return {};
  return { map { /\A(\d+) (\d+) (\d+)\Z/ ? ($1 => [$2, $3]) : () } readline $handle };
}

sub write_seen {
  my ($file, $seen) = @_;
  my $new = "$file.$$";
  sysopen(my $handle, $new, $O_RDWR | $O_CREAT | $O_EXCL | $O_NOFOLLOW, 0600) or return;
  print $handle map { "$_ $seen->{$_}[0] $seen->{$_}[1]\n" } keys %$seen;
  close $handle && rename($new, $file) or unlink $new;
}

# Bytes of the pool, and those of them that can be had: a sparse file gives no more than what it lies in.
sub left_in {
  my ($root, $host) = @_;
  my ($total, $used, $available) = space($root);
  return ($total, $available) if $host eq '';
  my ($folder) = $host =~ m{\A(.*)/};
  my $held = (stat $host)[12] * 512;
  my $unused = $held > $used ? $held - $used : 0;
  return ($total, least($available, (space($folder))[2] + $unused));
}

sub tell_left {
  my ($total, $available) = left_in(@_);
  say_that(total => $total);
  say_that(available => $available);
}

sub claimed { close $claiming if $claiming }

sub glob_images {
  my ($folder) = @_;
  opendir(my $handle, $folder) or return ();
  return grep { -f "$_/image" } map { "$folder/$_" } grep { !/\A\./ } readdir $handle;
}

sub least { $_[0] < $_[1] ? $_[0] : $_[1] }

# Bytes that would come back if only this went.
sub alone_in {
  my ($path, $groups) = @_;
  return alone_of(tree_of($path), $groups);
}

sub alone_of { counter_of(@_, 'exclusive') }

sub counter_of {
  my ($tree, $groups, $name) = @_;
  open(my $file, '<', "$groups/0_$tree/$name") or return 0;
  return readline($file) + 0;
}

sub tree_of {
  my ($path) = @_;
  return tree_if_there($path) // fail("$path: $!", $! == $ENOENT ? $ABSENT : 1);
}

sub tree_if_there {
  my ($path) = @_;
  sysopen(my $handle, $path, $O_NOFOLLOW) or return undef;
  my $arguments = pack('Q Q a4080', 0, $FIRST_OBJECT, '');
  ioctl($handle, $INO_LOOKUP, $arguments) or fail("$path: $!");
  return unpack('Q', $arguments);
}

# Bytes in all, in use, and to be had.
sub space {
  my ($path) = @_;
  my $about = "\0" x 120;
  syscall($call->{statfs}, $path, $about) == 0 or fail("$path: $!");
  my (undef, $unit, $blocks, $free, $available) = unpack('q5', $about);
  return ($unit * $blocks, $unit * ($blocks - $free), $unit * $available);
}

sub sync_pool {
  opendir_or($_[0], \my $handle);
  ioctl($handle, $BTRFS_SYNC, 0) or fail("$_[0]: $!");
}

# Brings what clients wrote into the image; nothing to do where it isn't mounted.
sub flush {
  my ($exports, $id) = @_;
  for my $mount (mounts_for($exports, $id)) {
    opendir_or($mount->{path}, \my $handle);
    syscall($call->{syncfs}, fileno $handle) == 0 or fail("$mount->{path}: $!");
  }
}

# A reader sees the old one or the new one, also after a crash.
sub record {
  my ($file, $text) = @_;
  unlink "$file.new";
  sysopen(my $handle, "$file.new", $O_RDWR | $O_CREAT | $O_EXCL | $O_NOFOLLOW, 0600) or fail("$file.new: $!");
  syswrite($handle, $text) == length $text or fail("$file.new: $!");
  syscall($call->{fsync}, fileno $handle) == 0 or fail("$file.new: $!");
  rename("$file.new", $file) or fail("$file: $!");
}

# Also what a death left of the writing of it.
sub forget {
  for my $file (map { ($_, "$_.new") } @_) { unlink($file) || $! == $ENOENT or fail("$file: $!") }
}

# ------------------------------------------------------------------------------------------------ groups that exceed

# Shares whose quota group has more alone than their image is long; and where the pool lacks room to promise, those that have something
# alone which would be written elsewhere: ID:GROUP:IMAGE:THAT.
sub tell_exceeding {
  my ($shares, $groups, $seen, $lacks_room) = @_;
  my $seen_already = $lacks_room ? read_seen($seen) : {};
  my @said;
  for my $image (glob_images($shares)) {
    my $tree = tree_if_there($image) // next;
    my $own = -s "$image/image" or next;
    my $alone = alone_of($tree, $groups);
    my $old = $lacks_room ? old_alone({ path => "$image/image", tree => $tree, bytes => $own }, $groups, $seen_already) : 0;
    push @said, join ':', $image =~ m{([^/]+)\z}, $alone, $own, $old if $alone > $own || $old > 0;
  }
  say_that(exceeding => join ',', @said);
}

# Bytes of an image that nobody else has and that are written elsewhere when they are overwritten: all there are, less those that
# are not, and those that a snapshot has too.
sub old_alone {
  my ($image, $groups, $seen) = @_;
  my @about = stat $image->{path} or return 0;
  my $old = $about[12] * 512 - in_place($image, $seen);
  my ($all, $alone) = map { counter_of($image->{tree}, $groups, $_) } 'referenced', 'exclusive';
  $old -= $all - $alone;
  return $old > 0 ? $old : 0;
}

# Brings what a share's group has alone towards so many bytes: writes what is in use of extents that are kept for a part only
# once more, and has the image refer to that instead; with `renew` also what is older than the last snapshot, which the pool then need not
# promise twice. Whoever writes to the share meanwhile notices nothing: the kernel changes one
# for the other under the file's own lock, and only where both hold the same. What a snapshot has too is left where it is.
#
# The lock of the share is taken for one turn after another, so that others wait for a turn at most; who has it is not waited for.
# Never takes the last of the room: the pool's reserve stays free. Tells how many bytes were moved, the milliseconds of
# the longest turn, and why it ended: `done`, `time`, `busy`, `room`, or `nothing` that could be moved is left.
sub compact {
  my ($lock, $path, $groups, $root, $host, $reserve, $target, $rate, $seconds, $renew) = @_;
  my ($folder) = __FILE__ =~ m{\A(.*)/};
  require "$folder/extents.pl";
  my $end = clock() + $seconds;
  my $image = "$path/image";
  my $handle = open_image($image, $O_RDWR);
  my $of = { path => $path, handle => $handle, tree => tree_of($path), inode => (stat $handle)[1] };
  my $exceeds = alone_of($of->{tree}, $groups) - $target;
  my $old = -1;
  if ($renew) {
    my $bytes = old_alone({ path => $image, tree => $of->{tree}, bytes => -s $handle }, $groups, {});
    $exceeds = ($exceeds > 0 ? $exceeds : 0) + $bytes;
    $old = (Extents::generations($handle, $of->{tree}))[1];
  }
  my @extents = $exceeds > 0 ? Extents::to_move($handle, $of->{inode}, $old) : ();
  $_->{left} = cut_pieces($_) for @extents;
  my ($moved, $since_commit, $longest, $why) = (0, 0, 0, 'done');
  while (@extents && $exceeds > 0) {
    if (clock() > $end) { $why = 'time'; last }
    my ($total, $available) = left_in($root, $host);
    # What is free is told as of the last commit, which also gives back what was moved out of.
    my $spare = $available - $reserve * $total - $since_commit;
    if ($since_commit > 0 && ($since_commit >= $uncommitted || $spare < needs($extents[0]))) {
      sync_pool($root);
      $since_commit = 0;
      next;
    }
    if ($spare < needs($extents[0])) { $why = 'room'; last }
    my $began = clock();
    my $held = try_lock($lock, $image, $handle);
    if (!$held) { $why = 'busy'; last }
    my ($bytes, $gained) = take_turn($of, \@extents, $spare);
    close $held;
    my $took = clock() - $began;
    $longest = $took if $took > $longest;
    $moved += $bytes;
    $since_commit += $bytes;
    $exceeds -= $gained;
    my $rest = $spare > ($calm - 1) * $reserve * $total ? $bytes / $rate - $took : 0;
    select(undef, undef, undef, $rest > $between_turns ? $rest : $between_turns);
  }
  sync_pool($root) if $moved > 0;
  # Its group goes with a share that was deleted meanwhile.
  my $left = alone_of($of->{tree}, $groups);
  $why = 'nothing' if $why eq 'done' && ($left > $target || $renew && $moved == 0);
  say_that(moved => $moved);
  say_that(alone => $left);
  say_that(why => $why);
  say_that(longest => int(1000 * $longest));
}

# Seconds that only go forward.
sub clock {
  my $time = "\0" x 16;
  syscall($call->{clock_gettime}, 1, $time) == 0 or fail("clock: $!");
  my ($seconds, $part) = unpack('q2', $time);
  return $seconds + $part / 1e9;
}

# Bytes that the pool must have until all that is in use of an extent has been moved, which gives it back.
sub needs { $_[0]{live} + $turn_bytes }

# No piece is longer than a turn.
sub cut_pieces {
  my ($extent) = @_;
  my @pieces;
  for my $piece (@{ $extent->{pieces} }) {
    my ($offset, $length) = @$piece;
    for (my $at = 0; $at < $length; $at += $turn_bytes) {
      push @pieces, [$offset + $at, least($turn_bytes, $length - $at)];
    }
  }
  return \@pieces;
}

# The lock, if nobody has it and the image is still in its place; nothing otherwise.
sub try_lock {
  my ($file, $image, $handle) = @_;
  sysopen(my $lock, $file, $O_RDWR | $O_CREAT | $O_NOFOLLOW, 0600) or fail("$file: $!");
  flock($lock, $LOCK_EX | $LOCK_NB) or return undef;
  my @now = lstat $file;
  my @mine = stat $lock;
  return undef if !@now || $now[1] != $mine[1];
  my @there = lstat $image;
  # The lock goes with what it is about: one that was made just now for nothing goes again.
  if (!@there) { unlink $file; return undef }
  my @open = stat $handle;
  return $there[0] == $open[0] && $there[1] == $open[1] ? $lock : undef;
}

# Moves pieces of the first extents for one turn; answers how many bytes, and how many come back of extents that nothing refers to
# any more. They go into a file without a name, which goes with its handle however this ends.
sub take_turn {
  my ($of, $extents, $spare) = @_;
  my ($path, $handle) = @{$of}{'path', 'handle'};
  sysopen(my $copy, $path, $O_TMPFILE | $O_RDWR, 0600) or fail("$path: $!");
  like_it($copy, $handle);
  my $end = clock() + $turn_seconds;
  my ($bytes, @taken, @emptied) = (0);
  while (@$extents && clock() < $end) {
    my $extent = $extents->[0];
    last if $spare < needs($extent);
    if (!Extents::only_of($handle, $extent->{at}, $of->{tree}, $of->{inode})) { shift @$extents; next }
    my $pieces = $extent->{left};
    while (@$pieces && $bytes + $pieces->[0][1] <= $turn_bytes && (!@taken || clock() < $end)) {
      my ($offset, $length) = @{ shift @$pieces };
      sysseek($handle, $offset, 0);
      sysread($handle, my $data, $length) == $length or fail("$path: $!");
      sysseek($copy, $offset, 0);
      syswrite($copy, $data) == $length or fail("$path: $!");
      $bytes += $length;
      $spare -= $length;
      push @taken, [$extent, $offset, $length];
    }
    last if @$pieces;
    push @emptied, shift @$extents;
  }
  # On the disk before the image's own lock is taken for it: all of it, and wait.
  syscall($call->{sync_file_range}, fileno $copy, 0, 0, 7) == 0 or fail("$path: $!");
  for my $piece (@taken) {
    my ($extent, $offset, $length) = @$piece;
    Extents::same($copy, $handle, $offset, $length) or $extent->{stays} = 1;
    # Nobody reads the image through the host's memory.
    syscall($call->{fadvise}, fileno $handle, $offset, $length, 4);
  }
  my $gained = 0;
  $gained += $_->{gains} for grep { !$_->{stays} } @emptied;
  return ($bytes, $gained);
}

# Files whose blocks are overwritten in place and those that have checksums can't share any.
sub like_it {
  my ($copy, $handle) = @_;
  my @flags = map {
    my $flags = pack('L!', 0);
    ioctl($_, $GET_FLAGS, $flags) or fail("flags: $!");
    unpack('L!', $flags);
  } $copy, $handle;
  return if ($flags[0] & $NOCOW) == ($flags[1] & $NOCOW);
  ioctl($copy, $SET_FLAGS, pack('L!', ($flags[0] & ~$NOCOW) | ($flags[1] & $NOCOW))) or fail("flags: $!");
}

# ------------------------------------------------------------------------------------------------------------- images

sub open_image {
  my ($image, $mode) = @_;
  sysopen(my $handle, $image, $mode | $O_NOFOLLOW | $O_NONBLOCK)
    or fail("$image: $!", $! == $ENOENT || $! == $ELOOP || $! == $EISDIR ? $ABSENT : 1);
  fail("$image is not a plain file", $ABSENT) if !-f $handle;
  return $handle;
}

# What the superblock says: xfs_dsb of xfs_format.h, all big-endian.
sub superblock {
  my ($image, $handle) = @_;
  sysseek($handle, 0, 0);
  sysread($handle, my $bytes, 512) // fail("$image: $!");
  fail("$image holds no XFS", $ABSENT) if length $bytes < 512 || substr($bytes, 0, 4) ne 'XFSB';
  my %sb;
  @sb{qw(block blocks)} = unpack('x4 N Q>', $bytes);
  $sb{uuid} = join '-', unpack('x32 H8 H4 H4 H4 H12', $bytes);
  @sb{qw(log_start ag_blocks ag_count log_blocks ag_shift max_inodes)} = unpack('x48 Q> x28 N N x4 N x24 C x2 C', $bytes);
  return %sb;
}

# A new file with a file system of that many bytes. mkfs writes zeros over the log; all but its first record is given back.
sub format_image {
  my ($image, $bytes, $uuid, @how) = @_;
  sysopen(my $handle, $image, $O_RDWR | $O_CREAT | $O_EXCL | $O_NOFOLLOW, 0600) or fail("$image: $!");
  $made{$image} = 1;
  truncate($handle, $bytes) or fail("$image: $!");
  # From here on others count it.
  claimed();
  run('mkfs.xfs', '-q', '-m', "uuid=$uuid", @how, '--', $image);
  my %sb = superblock($image, $handle);
  my $group = $sb{log_start} >> $sb{ag_shift};
  my $start = ($group * $sb{ag_blocks} + ($sb{log_start} & ((1 << $sb{ag_shift}) - 1))) * $sb{block};
  # All of it goes, and the first record is written again: btrfs gives nothing back of an extent that is still used in part.
  my $kept = 65536;
  sysseek($handle, $start, 0);
  sysread($handle, my $record, $kept) == $kept or fail("$image: $!");
  syscall($call->{fallocate}, fileno $handle, $PUNCH_HOLE, $start, $sb{log_blocks} * $sb{block}) == 0 or fail("$image: $!");
  sysseek($handle, $start, 0);
  syswrite($handle, $record) == $kept or fail("$image: $!");
}

sub run {
  my (@command) = @_;
  my $child = begin();
  if ($child == 0) {
    open(STDIN, '<', '/dev/null');
    # What it prints is no answer of ours.
    open(STDOUT, '>', '/dev/null');
    exec { $command[0] } @command or print STDERR "$command[0]: $!\n";
    exit 127;
  }
  wait_for($child, $command[0]);
}

# A child that the kernel kills with this process: what goes on by itself would meet whoever does the same again.
sub begin {
  my $parent = $$;
  my $child = fork // fail("fork: $!");
  return $child if $child != 0;
  syscall($call->{prctl}, 1, 9) == 0 or fail("prctl: $!");
  exit 1 if getppid() != $parent;
  return 0;
}

sub wait_for {
  my ($child, $name) = @_;
  waitpid($child, 0);
  return if $? == 0;
  my $code = $? >> 8;
  fail("$name ended with code $code", $code >= $ABSENT && $code <= $SERVED ? $code : 1);
}

# Tells whose it is, how long, and how much one of its allocation groups has, which never changes.
sub identify {
  my ($image) = @_;
  my $handle = open_image($image, 0);
  my %sb = superblock($image, $handle);
  say_that(uuid => $sb{uuid});
  say_that(bytes => -s $handle);
  say_that(group => $sb{ag_blocks} * $sb{block});
}

# A subvolume that somebody else made: one image in it that is root's, under one name, and nothing more. It is mounted once
# read-only, without its log, in a namespace of its own: what the kernel does not take is not taken over.
sub examine {
  my ($path, $folder, $how) = @_;
  my @about = lstat $path or fail("$path: $!", $! == $ENOENT ? $ABSENT : 1);
  fail("$path is not a btrfs subvolume", $ABSENT) if !-d _ || $about[1] != $FIRST_OBJECT;
  opendir_or($path, \my $subvolume);
  my $flags = pack('Q', 0);
  ioctl($subvolume, $SUBVOL_GETFLAGS, $flags) or fail("$path is not a btrfs subvolume", $ABSENT);
  my $is = unpack('Q', $flags) & $SUBVOL_RDONLY ? 'ro' : 'rw';
  fail("$path is " . ($is eq 'ro' ? 'read-only; a share must not be' : 'writable; a snapshot must be read-only'), $ABSENT) if $is ne $how;
  opendir(my $listing, $path) or fail("$path: $!");
  my @names = grep { !/\A\.\.?\z/ } readdir $listing;
  fail("$path holds more than one file called image", $ABSENT) if "@names" ne 'image';
  my $image = "$path/image";
  my $handle = open_image($image, 0);
  my @file = stat $handle;
  fail("$image is not root's, or has other names", $ABSENT) if $file[4] != 0 || $file[3] != 1;
  superblock($image, $handle);
  fail("$image is attached to " . loop_of($image, $handle), $BUSY) if defined loop_of($image, $handle);
  aside($image, $folder, 1, 'nouuid,norecovery');
  identify($image);
}

# Tells of an image of the pool that has the same UUID.
sub twin {
  my ($records, $image, $id) = @_;
  my ($uuid) = superblock_of($image);
  opendir(my $listing, $records) or fail("$records: $!");
  for my $name (grep { /\.(?:image|mounted|replace)\z/ && index($_, $id) != 0 } readdir $listing) {
    open(my $file, '<', "$records/$name") or next;
    return say_that(twin => $name) if index(readline($file) // '', "\"uuid\":\"$uuid\"") >= 0;
  }
}

# Makes a copy of an image a file system of its own: the log of the original is replayed by mounting it once, in a mount
# namespace that ends with the child, so that nothing is left of it wherever that is killed.
sub renew {
  my ($image, $uuid, $folder) = @_;
  aside($image, $folder, 0, 'nouuid');
  run('xfs_db', '-x', '-f', '-p', 'xfs_admin', '-c', "uuid $uuid", '--', $image);
  my ($now) = superblock_of($image);
  fail("$image has the UUID $now, not $uuid") if $now ne $uuid;
}

# Mounts an image and unmounts it again where nobody sees it.
sub aside {
  my ($image, $folder, $read_only, $data) = @_;
  alone("mounting $image aside", sub {
    my $device = mount_aside($image, $folder, $read_only, $data);
    unmount_path($folder);
    take_away($device);
  });
  detached($image, open_image($image, 0));
}

# In a child with a mount namespace of its own: whatever is mounted there goes with it, however it ends.
sub alone {
  my ($name, $work) = @_;
  my $child = begin();
  if ($child == 0) {
    my ($none, $root) = ('none', '/');
    syscall($call->{unshare}, $CLONE_NEWNS) == 0 or fail("unshare: $!");
    # What others unmount must go here too, or it would keep their devices.
    syscall($call->{mount}, $none, $root, 0, $MS_REC | $MS_SLAVE, 0) == 0 or fail("$root: $!");
    $work->();
    exit 0;
  }
  wait_for($child, $name);
}

sub mount_aside {
  my ($image, $folder, $read_only, $data) = @_;
  my $xfs = 'xfs';
  my $loop = attach($image, open_image($image, $read_only ? 0 : $O_RDWR), $read_only);
  my $flags = $flag{nosuid} | $flag{nodev} | $flag{nosymfollow} | ($read_only ? $flag{ro} : 0);
  syscall($call->{mount}, $loop->{path}, $folder, $xfs, $flags, $data) == 0 or fail("mounting $image aside: $!");
  return $loop->{path};
}

# Everything in one image into another, empty one: owners, modes, times, attributes, lists of rights, hard links, holes, and what is no
# plain file. The links of the one are copied and never followed, and the other is a file system of its own, mounted without
# following any: nothing of what clients made can lead out of it.
sub copy {
  my ($from, $to, $folder) = @_;
  alone("copying $from", sub {
    my ($tmpfs, $small) = ('tmpfs', 'size=64k,mode=0700');
    syscall($call->{mount}, $tmpfs, $folder, $tmpfs, $flag{nosuid} | $flag{nodev}, $small) == 0 or fail("$folder: $!");
    make_folder("$folder/from");
    make_folder("$folder/to");
    my @devices = (mount_aside($from, "$folder/from", 1, ''), mount_aside($to, "$folder/to", 0, 'nodiscard'));
    my $why = told('cp', '--archive', '--sparse=always', '--no-target-directory', '--', "$folder/from", "$folder/to");
    fail($why, $why =~ /No space left/ ? $WOULD_LOSE : $UNSUITED) if defined $why;
    opendir_or("$folder/to", \my $root);
    # What was written behind a full pool shows here and nowhere else.
    syscall($call->{syncfs}, fileno $root) == 0 or fail("$to: $!");
    close $root;
    unmount_path("$folder/to");
    unmount_path("$folder/from");
    take_away($_) for @devices;
  });
  detached($from, open_image($from, 0));
  detached($to, open_image($to, 0));
}

# Why a program failed: the first line it had to say. Undef when it did not.
sub told {
  my (@command) = @_;
  pipe(my $out, my $in) or fail("pipe: $!");
  my $child = begin();
  if ($child == 0) {
    open(STDIN, '<', '/dev/null');
    open(STDOUT, '>', '/dev/null');
    open(STDERR, '>&', $in);
    exec { $command[0] } @command or exit 127;
  }
  close $in;
  my $said = readline($out) // '';
  waitpid($child, 0);
  return $? == 0 ? undef : (split /\n/, $said)[0] // "$command[0] ended with code " . ($? >> 8);
}

sub superblock_of {
  my ($image) = @_;
  my %sb = superblock($image, open_image($image, 0));
  return ($sb{uuid});
}

# Never shorter.
sub grow_file {
  my ($image, $bytes) = @_;
  my $handle = open_image($image, $O_RDWR);
  return if -s $handle >= $bytes;
  truncate($handle, $bytes) or fail("$image: $!");
  syscall($call->{fsync}, fileno $handle) == 0 or fail("$image: $!");
}

# The device and the mounted file system, to the length of the file.
sub grow {
  my ($image, $exports, $id) = @_;
  my $handle = open_image($image, 0);
  my $bytes = -s $handle;
  my %sb = superblock($image, $handle);
  my ($mount) = grep { backs($_->{source}, $handle) } mounts_for($exports, $id);
  fail("$image is not mounted", $BUSY) if !$mount;
  sysopen(my $loop, $mount->{source}, 0) or fail("$mount->{source}: $!");
  ioctl($loop, $LOOP_SET_CAPACITY, 0) or fail("$mount->{source}: $!");
  my $blocks = int($bytes / $sb{block});
  return if $blocks <= $sb{blocks};
  opendir_or($mount->{path}, \my $root);
  # The superblock on disk is older than the one in use: what was grown already is not grown again, which is no failure.
  ioctl($root, $XFS_GROW, pack('Q L L', $blocks, $sb{max_inodes}, 0)) or fail("growing $image: $!");
}

# ------------------------------------------------------------------------------------------------------- loop devices

# Whether this loop device shows that file.
sub backs {
  my ($device, $handle) = @_;
  sysopen(my $loop, $device, 0) or return 0;
  my $status = "\0" x 232;
  # ENXIO: it shows none.
  ioctl($loop, $LOOP_GET_STATUS64, $status) or return 0;
  my ($there, $inode) = unpack('Q Q', $status);
  my @file = stat $handle;
  return $there == $file[0] && $inode == $file[1];
}

# The device that shows that file; none mostly. Names are only a first look, so that a thousand of others aren't opened.
sub loop_of {
  my ($image, $handle) = @_;
  my ($hint) = $image =~ m{([^/]+)/[^/]+\z};
  # While it is being made it lies under a longer name.
  $hint =~ s/\..*//s;
  opendir(my $block, '/sys/block') or return undef;
  for my $name (grep { /\Aloop\d+\z/ } readdir $block) {
    my $file = backing_file($name);
    next if !defined $file || index($file, $hint) < 0;
    return "/dev/$name" if backs("/dev/$name", $handle);
  }
  return undef;
}

sub backing_file {
  my ($name) = @_;
  open(my $file, '<', "/sys/block/$name/loop/backing_file") or return undef;
  return scalar readline $file;
}

sub loops_there {
  opendir(my $block, '/sys/block') or fail("/sys/block: $!");
  return scalar grep { /\Aloop\d+\z/ } readdir $block;
}

# Of all backends.
sub images_attached {
  opendir(my $block, '/sys/block') or fail("/sys/block: $!");
  return scalar grep { (backing_file($_) // '') =~ m{/image\s*\z} } grep { /\Aloop\d+\z/ } readdir $block;
}

# The image behind a loop device that goes by itself when nobody has it open: whoever is killed leaves none. The answer's handle has
# to stay open until it is mounted.
sub attach {
  my ($image, $handle, $read_only, $most) = @_;
  my $known = $made{$image} ? undef : loop_of($image, $handle);
  if (defined $known) {
    sysopen(my $loop, $known, $read_only ? 0 : $O_RDWR) or fail("$known: $!", $BUSY);
    # It may have gone before it was open.
    return { path => $known, handle => $loop } if backs($known, $handle);
  }
  sysopen(my $control, '/dev/loop-control', $O_RDWR) or fail("/dev/loop-control: $!");
  if ($most) {
    # Whoever counts is alone on this host until his own device shows: this goes with the handle.
    flock($control, $LOCK_EX) or fail("/dev/loop-control: $!");
    # Where there are fewer devices than that nobody has to look what they show.
    my $there = loops_there() < $most ? 0 : images_attached();
    fail("this host has $there images attached, and max_mounts is $most", $NO_ROOM) if $there >= $most;
  }
  my $flags = $LO_AUTOCLEAR | $LO_DIRECT_IO | ($read_only ? $LO_READ_ONLY : 0);
  my $name = substr $image, -63;
  for my $try (1 .. 1000) {
    my $path = '/dev/loop' . unused_loop($control);
    my $loop;
    if (!sysopen($loop, $path, $read_only ? 0 : $O_RDWR)) {
      # Somebody who takes away what nobody has was quicker.
      next if $! == $ENOENT || $! == $ENXIO;
      fail("$path: $!");
    }
    # struct loop_config: file, block size, struct loop_info64, 8 reserved.
    my $info = pack('Q5 L4 a64 a64 a32 Q2', 0, 0, 0, 0, 0, 0, 0, 0, $flags, $name, '', '', 0, 0);
    return { path => $path, handle => $loop }
      if ioctl($loop, $LOOP_CONFIGURE, pack('L L', fileno $handle, $block) . $info . pack('Q8', (0) x 8));
    fail("attaching $image to $path: $!") if $! != $EBUSY;
  }
  fail("attaching $image: others took every loop device", $BUSY);
}

# A number that no file system had for long. A server knows file systems by their devices, and keeps to an old one while a
# client has something open there: under the device of a deleted share the next one would be taken for it.
sub unused_loop {
  my ($control) = @_;
  for my $try (1 .. 100) {
    my $number = $first_loop + int rand $loops;
    return $number if ioctl($control, $LOOP_CTL_ADD, $number);
    # A host may allow a few devices only.
    last if $! != $EEXIST;
  }
  my $number = ioctl($control, $LOOP_CTL_GET_FREE, 0) // fail("/dev/loop-control: $!");
  return $number + 0;
}

# Waits until no device shows the file.
sub detached {
  my ($image, $handle) = @_;
  my $end = time + $patience;
  my $last;
  while (defined(my $device = loop_of($image, $handle))) {
    fail("$device still has $image", $BUSY) if time > $end;
    $last = $device;
    select(undef, undef, undef, $pause);
  }
  take_away($last) if defined $last;
}

# One of our own that shows nothing any more. Others who have it open keep it, and take it away.
sub take_away {
  my ($number) = $_[0] =~ m{(\d+)\z} or return;
  return if $number < $first_loop;
  sysopen(my $control, '/dev/loop-control', $O_RDWR) or fail("/dev/loop-control: $!");
  ioctl($control, $LOOP_CTL_REMOVE, $number + 0);
}

# What calls that were cut short left: devices that show nothing.
sub take_away_all {
  opendir(my $block, '/sys/block') or return;
  for my $name (grep { /\Aloop\d{5,}\z/ } readdir $block) { take_away($name) if !defined backing_file($name) }
}

# ------------------------------------------------------------------------------------------------------------- mounts

# With `$below` only those whose path begins like that: a host may have thousands.
sub all_mounts {
  my ($below) = @_;
  my $part = $below // '';
  # As the kernel writes it.
  $part =~ s/([ \t\n\\])/sprintf '\\%03o', ord $1/ge;
  open(my $file, '<', '/proc/self/mountinfo') or fail("/proc/self/mountinfo: $!");
  my @all;
  for my $line (split /\n/, <$file>) {
    next if $part ne '' && index($line, $part) < 0;
    my ($left, $right) = split / - /, $line;
    my (undef, undef, undef, $root, $path, undef, @tags) = split / /, $left;
    my (undef, $source) = split / /, $right;
    s/\\([0-7]{3})/chr oct $1/ge for $path, $source;
    push @all, { path => $path, source => $source, shared => scalar grep { /\Ashared:/ } @tags };
  }
  return @all;
}

# Of that id, whatever the project and the UUID.
sub mounts_for {
  my ($exports, $id) = @_;
  return grep { $_->{path} =~ m{\A\Q$exports\E/[^/]+/\Q$id\E\.[0-9a-f]+\z} } all_mounts("$exports/");
}

# Mounts an image that has one of those UUIDs where servers of its project see it; older mounts of that id go. Tells where. With
# `$most`, not when this host has that many images attached.
sub mount_image {
  my ($image, $uuids, $exports, $project, $id, $how, $most) = @_;
  my $read_only = $how eq 'ro';
  my $handle = open_image($image, $read_only ? 0 : $O_RDWR);
  my ($uuid) = superblock_of($image);
  fail("$image has the UUID $uuid, which is not its own", $ABSENT) if !grep { $_ eq $uuid } split /,/, $uuids;
  my $folder = "$exports/$project";
  my $target = "$folder/$id." . substr $uuid, 0, 8;
  my ($there, $source) = (0);
  for my $mount (mounts_for($exports, $id)) {
    my $mine = $mount->{path} eq $target && backs($mount->{source}, $handle);
    if ($mine && answers($target)) { ($there, $source) = (1, $mount->{source}) }
    else { take_off($mount->{path}, $mount->{source}, $mine ? $SERVED : $BUSY) }
  }
  if (!$there) {
    my $guard = hold_projects($exports);
    share_folder($folder);
    make_folder($target);
    my $loop = attach($image, $handle, $read_only, $most);
    my $flags = $flag{nosuid} | $flag{nodev} | $flag{nosymfollow} | $flag{noatime} | ($read_only ? $flag{ro} : 0);
    my ($xfs, $data) = ('xfs', $read_only ? '' : 'discard');
    syscall($call->{mount}, $loop->{path}, $target, $xfs, $flags, $data) == 0 or fail("mounting $image: $!", $! == $EBUSY ? $BUSY : 1);
    $source = $loop->{path};
  }
  bound_retries($source);
  say_that(uuid => $uuid);
  say_that(tree => $target);
}

# False for a file system that has shut itself down, as XFS does when it can't write its log.
sub answers {
  my ($path) = @_;
  opendir(my $handle, $path) or return $! != $EIO;
  $! = 0;
  my $name = readdir $handle;
  return $! != $EIO;
}

# Whose file system is mounted and has shut itself down.
sub tell_failed {
  my ($exports) = @_;
  my @ids;
  for my $mount (all_mounts("$exports/")) {
    my ($id) = $mount->{path} =~ m{\A\Q$exports\E/[^/]+/([^/]+)\.[0-9a-f]+\z} or next;
    push @ids, $id if !answers($mount->{path});
  }
  say_that(failed => join ',', @ids);
}

# By itself XFS tries for ever to write what it has no room for, and nothing that waits for it ends.
sub bound_retries {
  my ($name) = $_[0] =~ m{\A/dev/(loop\d+)\z} or return;
  for my $error ('EIO', 'ENOSPC', 'default') {
    open(my $file, '>', "/sys/fs/xfs/$name/error/metadata/$error/retry_timeout_seconds") or next;
    syswrite($file, $retry_seconds);
  }
}

# Who makes or removes a project's folder is alone with all of them.
sub hold_projects {
  my ($exports) = @_;
  sysopen(my $handle, "$exports/.lock", $O_RDWR | $O_CREAT | $O_NOFOLLOW, 0600) or fail("$exports/.lock: $!");
  flock($handle, $LOCK_EX) or fail("$exports/.lock: $!");
  return $handle;
}

# A mount of its own that others can follow: what is mounted below appears there, and goes.
sub share_folder {
  my ($folder) = @_;
  make_folder($folder);
  my ($mount) = grep { $_->{path} eq $folder } all_mounts($folder);
  my ($none, $type) = ('none', 'none');
  if (!$mount) {
    syscall($call->{mount}, $folder, $folder, $type, $MS_BIND, 0) == 0 or fail("binding $folder: $!");
  }
  return if $mount && $mount->{shared};
  syscall($call->{mount}, $none, $folder, $type, $MS_SHARED, 0) == 0 or fail("sharing $folder: $!");
}

sub make_folder { mkdir($_[0], 0700) || $! == $EEXIST or fail("$_[0]: $!") }

# Ends when neither the mount nor its device is there.
sub take_off {
  my ($path, $source, $code) = @_;
  my ($device) = $source =~ m{\A/dev/(loop\d+)\z};
  my $before = defined $device ? backing_file($device) : undef;
  unmount_path($path, $code);
  # Removing it also drops the copies that other namespaces have of the mount, and with a copy the device would stay.
  rmdir $path;
  my $end = time + $patience;
  while (defined $before && (backing_file($device) // '') eq $before) {
    fail("$source of $path is still in use", $BUSY) if time > $end;
    select(undef, undef, undef, $pause);
  }
  take_away($device) if defined $device;
}

sub unmount_path {
  my ($path, $code) = @_;
  my $end = time + (($code // $BUSY) == $SERVED ? $served_patience : $patience);
  while (syscall($call->{umount2}, $path, $UMOUNT_NOFOLLOW) != 0) {
    return if $! == $EINVAL || $! == $ENOENT;
    fail("unmounting $path: $!") if $! != $EBUSY;
    fail("$path is in use", $code // $BUSY) if time > $end;
    select(undef, undef, undef, 0.02);
  }
}

# Nothing is mounted or attached for that id afterwards. The files are those that a mount elsewhere may still hold.
sub unmount_id {
  my ($exports, $id, @files) = @_;
  take_off($_->{path}, $_->{source}) for reverse mounts_for($exports, $id);
  my $guard = hold_projects($exports);
  for my $project (folders_in($exports)) {
    # Of a call that was cut short: with the folder go the mount's copies in other namespaces.
    for my $left (grep { m{/\Q$id\E\.[0-9a-f]+\z} } folders_in($project)) { rmdir $left }
    drop_folder($project) if !folders_in($project);
  }
  close $guard;
  for my $image (@files) {
    detached($image, open_image($image, 0)) if lstat $image;
  }
}

sub unmount_all {
  my ($exports) = @_;
  my @mine = reverse grep { $_->{path} =~ m{\A\Q$exports\E/[^/]+/} } all_mounts("$exports/");
  # An unmount mostly waits for the kernel, and none lies below another.
  my @children;
  for my $turn (0 .. least($unmounts_at_once, scalar @mine) - 1) {
    my $child = begin();
    if ($child == 0) {
      for (my $at = $turn; $at < @mine; $at += $unmounts_at_once) { take_off($mine[$at]{path}, $mine[$at]{source}) }
      exit 0;
    }
    push @children, $child;
  }
  wait_for($_, "unmounting below $exports") for @children;
  my $guard = hold_projects($exports);
  drop_folder($_) for folders_in($exports);
  take_away_all();
}

# Of a project that has nothing mounted any more.
sub drop_folder {
  my ($folder) = @_;
  for my $left (folders_in($folder)) { rmdir $left }
  return if folders_in($folder);
  unmount_path($folder) for grep { $_->{path} eq $folder } all_mounts($folder);
  rmdir $folder;
}

sub folders_in {
  my ($folder) = @_;
  opendir(my $handle, $folder) or return ();
  return map { "$folder/$_" } grep { !/\A\./ } readdir $handle;
}

# The top folder of a new share, before anybody reaches it.
sub mode {
  my ($image, $exports, $id, $mode) = @_;
  my $handle = open_image($image, 0);
  my ($mount) = grep { backs($_->{source}, $handle) } mounts_for($exports, $id);
  fail("$image is not mounted", $BUSY) if !$mount;
  opendir_or($mount->{path}, \my $root);
  chmod(oct $mode, $root) or fail("$mount->{path}: $!");
  syscall($call->{fsync}, fileno $root) == 0 or fail("$mount->{path}: $!");
}

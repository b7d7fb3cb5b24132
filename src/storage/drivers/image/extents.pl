# The extents of a file on btrfs: which of them are kept for a part only, and how that part is written anew without anybody who
# writes to the file noticing. Loaded by steps.pl where a step needs it.
#
# btrfs gives nothing back of an extent while one block of it is in use. What is overwritten after a snapshot, or punched out and
# filled again, lies in new extents, and the old ones stay whole for the block of each that is left.
package Extents;
use strict;
use warnings;

# Of linux/btrfs.h, btrfs_tree.h and linux/fs.h.
my ($TREE_SEARCH_V2, $LOGICAL_INO_V2, $DEDUPE) = (0xc0709411, 0xc038943b, 0xc0189436);
my ($EXTENT_DATA, $ROOT_ITEM, $INLINE, $IGNORE_OFFSET, $all) = (108, 132, 0, 1, ~0);
# The tree of trees; where a btrfs_root_item has its generation and that of its last snapshot.
my ($ROOT_TREE, $generation_at, $last_snapshot_at) = (1, 160, 200);
# Bytes of items that one look brings, and of references to one extent: some thousands of each.
my ($items_at_once, $references_at_once) = (256 * 1024, 64 * 1024);
# Items between two looks at what can be forgotten, and pieces that are remembered: some tens of MiB.
my ($between_sweeps, $most_pieces) = (50_000, 200_000);

# Extents of which the file uses a part, and those that are no younger than the generation `old`, those that give back the most for each
# byte moved first: { at, bytes, live, gains, pieces }, where pieces are [offset in the file, bytes] in order. What is old gives back
# what it uses, too, as that can be overwritten where it lies from then on. Of very many the best are found, and the others at the next look.
sub to_move {
  my ($handle, $inode, $old) = @_;
  my (%open, @found, $pieces, $seen);
  my $sweep = sub {
    my ($position) = @_;
    for my $at (keys %open) {
      my $extent = $open{$at};
      # All of its parts lie in the file as they lie in it.
      next if $extent->{until} > $position;
      delete $open{$at};
      $extent->{gains} = $extent->{bytes} - $extent->{live} + ($extent->{generation} <= $old ? $extent->{live} : 0);
      next if $extent->{gains} <= 0;
      push @found, $extent;
      $pieces += @{ $extent->{pieces} };
    }
    @found = sort { gain($b) <=> gain($a) } @found;
    while (@found > 1 && $pieces > $most_pieces) { $pieces -= @{ (pop @found)->{pieces} } }
  };
  $pieces = $seen = 0;
  for_each_item($handle, $inode, 0, sub {
    my ($offset, $item) = @_;
    my ($generation, undef, $compression, $type, $at, $bytes, $within, $length) = unpack('Q< Q< C x3 C Q< Q< Q< Q<', $item);
    # A hole, or what is kept otherwise, which nobody does to an image.
    return if $type == $INLINE || $compression != 0 || $at == 0;
    my $extent = $open{$at} //= { at => $at, bytes => $bytes, live => 0, until => 0, generation => $generation, pieces => [] };
    $extent->{live} += $length;
    my $until = $offset - $within + $bytes;
    $extent->{until} = $until if $until > $extent->{until};
    push @{ $extent->{pieces} }, [$offset, $length];
    $sweep->($offset) if ++$seen % $between_sweeps == 0;
  });
  $sweep->($all);
  return @found;
}

sub gain { $_[0]{gains} / $_[0]{live} }

# Bytes of the file that can be overwritten where they lie. The kernel writes elsewhere what is older than the last snapshot, also when
# that is gone: it compares generations.
sub in_place {
  my ($handle, $inode, $last_snapshot) = @_;
  my $bytes = 0;
  for_each_item($handle, $inode, $last_snapshot + 1, sub {
    my ($generation, undef, undef, undef, $at, undef, undef, $length) = unpack('Q< Q< C x3 C Q< Q< Q< Q<', $_[1]);
    $bytes += $length if $at != 0 && $generation > $last_snapshot;
  });
  return $bytes;
}

# Of a subvolume, as of the last commit: the generation in which it was changed last, and that of its last snapshot, or the one in which
# it was made as a copy; 0 when there never was one.
sub generations {
  my ($handle, $tree) = @_;
  my $key = pack('Q7 L4 Q4', $ROOT_TREE, $tree, $tree, 0, $all, 0, $all, $ROOT_ITEM, $ROOT_ITEM, 1, 0, (0) x 4);
  my $answer = $key . pack('Q', 4096) . "\0" x 4096;
  ioctl($handle, $TREE_SEARCH_V2, $answer) or main::fail("looking for a subvolume: $!");
  # Its files are there, so it is.
  unpack('L', substr $answer, 64, 4) == 1 or main::fail("subvolume $tree has no root");
  my $item = substr $answer, 144;
  return map { unpack('Q<', substr $item, $_, 8) } $generation_at, $last_snapshot_at;
}

# Calls `work` with the offset and the text of each of the file's items in a part of the tree that was changed in the generation `since`
# or later.
sub for_each_item {
  my ($handle, $inode, $since, $work) = @_;
  my $offset = 0;
  while (1) {
    # Tree 0: that of the file. Then objects, offsets and transactions from and to; types from and to; how many.
    my $key = pack('Q7 L4 Q4', 0, $inode, $inode, $offset, $all, $since, $all, $EXTENT_DATA, $EXTENT_DATA, 0xffffffff, 0, (0) x 4);
    my $answer = $key . pack('Q', $items_at_once) . "\0" x $items_at_once;
    ioctl($handle, $TREE_SEARCH_V2, $answer) or main::fail("looking for extents: $!");
    my $count = unpack('L', substr $answer, 64, 4);
    return if $count == 0;
    my $at = 112;
    for (1 .. $count) {
      my (undef, undef, $where, undef, $length) = unpack('Q3 L2', substr $answer, $at, 32);
      # Shorter ones are inline: the file is of no use to us.
      $work->($where, substr $answer, $at + 32, $length) if $length == 53;
      $offset = $where + 1;
      $at += 32 + $length;
    }
  }
}

# Whether nothing but this file refers to an extent: moving what a snapshot has too would take the room twice.
sub only_of {
  my ($handle, $extent, $tree, $inode) = @_;
  my $answer = "\0" x $references_at_once;
  my $where = unpack('Q', pack('P', $answer));
  my $arguments = pack('Q7', $extent, $references_at_once, 0, 0, 0, $IGNORE_OFFSET, $where);
  # ENOENT: it has gone.
  ioctl($handle, $LOGICAL_INO_V2, $arguments) or return 0;
  my (undef, undef, $values, $missed) = unpack('L4', $answer);
  return 0 if $missed != 0 || $values == 0;
  my @references = unpack("x16 Q$values", $answer);
  while (my ($of, undef, $root) = splice @references, 0, 3) { return 0 if $of != $inode || $root != $tree }
  return 1;
}

# Makes these bytes of one file be where the other has the same: in one piece, under the lock of both files, and only if they are
# alike at that moment. Answers whether they were.
sub same {
  my ($from, $to, $offset, $length) = @_;
  my $arguments = pack('Q2 S2 L q Q2 l L', $offset, $length, 1, 0, 0, fileno $to, $offset, 0, 0, 0);
  ioctl($from, $DEDUPE, $arguments) or main::fail("putting extents in place: $!");
  my ($done, $status) = unpack('x40 Q l', $arguments);
  main::fail('putting extents in place: error ' . -$status) if $status < 0;
  return $status == 0 && $done == $length;
}

1;

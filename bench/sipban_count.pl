# The counting that a script on Net::Pcap does, without the capture: refusals of each host in a hash,
# found by regular expressions. Frames of one file, each after its length in four bytes.
use strict; use warnings;
my ($file) = @ARGV; my (%failures, $count); local $/;
open my $in, '<:raw', $file or die; my $all = <$in>;
my ($u0, $s0) = times;
my $at = 0;
while ($at < length $all) {
  my $size = unpack 'N', substr $all, $at, 4;
  my $frame = substr $all, $at + 4, $size; $at += 4 + $size; $count++;
  my $host = join '.', unpack 'C4', substr $frame, 30, 4;
  my $text = substr $frame, 42;
  next unless $text =~ m{^SIP/2\.0 (\d{3})} && $1 >= 400;
  next unless $text =~ m{^CSeq:\s*\d+\s+(?:REGISTER|INVITE)}mi && $text =~ m{^Call-ID:\s*(\S+)}mi;
  $failures{$host}++;
}
my ($u1, $s1) = times;
printf '{"usPerPacket":%f,"count":%d}', 1e6 * ($u1 + $s1 - $u0 - $s0) / $count, $count;

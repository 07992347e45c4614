# What the ban daemon is compared with: a script on Net::Pcap that counts a PBX's refusals of each host
# and bans the eleventh with a process of iptables, and one for the mail. Ends at SIGTERM, and says what
# it has seen and lost.
use strict; use warnings; use Net::Pcap; use POSIX ();
my ($interface, $pbx) = @ARGV; my (%failures, %banned, $error); my $count = 0;
my $pcap = Net::Pcap::open_live($interface, 65535, 0, 50, \$error) or die $error;
my $filter; Net::Pcap::compile($pcap, \$filter, "udp and src host $pbx and src port 5060", 1, 0);
Net::Pcap::setfilter($pcap, $filter);
# At once: Perl's own handlers wait until libpcap has a packet.
POSIX::sigaction(POSIX::SIGTERM(), POSIX::SigAction->new(\&over));
$| = 1; print "start\n";
Net::Pcap::loop($pcap, -1, \&packet, '');
sub over {
  Net::Pcap::stats($pcap, \my %stats);
  printf '{"packets":%d,"lost":%d}', $count, $stats{ps_drop};
  POSIX::_exit(0);
}
sub packet {
  my (undef, undef, $frame) = @_; $count++;
  my $text = substr $frame, 42;
  return unless $text =~ m{^SIP/2\.0 (\d{3})} && $1 >= 400;
  return unless $text =~ m{^CSeq:\s*\d+\s+(?:REGISTER|INVITE)}mi && $text =~ m{^Call-ID:\s*(\S+)}mi;
  my $host = join '.', unpack 'C4', substr $frame, 30, 4;
  return if ++$failures{$host} <= 10 || $banned{$host}++;
  system '/usr/sbin/iptables', '-A', 'INPUT', '-s', $host, '-j', 'DROP';
  system 'true', "banned $host"; # The mail.
}

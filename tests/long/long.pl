# A long piece of ordinary work for perl, all sizes of blocks; it prints a line for each part.
#
# test_drop_in.py runs it on the exported heaps and on the C library's malloc, and compares what it prints.

use strict;
use warnings;
use Data::Dumper;
use List::Util qw(reduce shuffle sum max);
use Scalar::Util qw(weaken);

my @words = qw(heap block page frame list bucket bin table entry word byte lock extent segment order);
my $state = 20_011;

# A number below a bound; the same ones in every run.
sub below {
    my ($bound) = @_;
    $state = ($state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return int($state / 65_536) % $bound;
}

# A short name for a large value.
sub digest {
    my ($text) = @_;
    return sprintf '%08x%08x', unpack('%32C*', $text), reduce { ($a * 31 + $b) % 4_294_967_291 } 7, unpack 'C*', $text;
}

sub texts {
    my @lines = map { join ' ', map { $words[below(15)] } 0 .. below(60) } 1 .. 4000;
    my $whole = join "\n", @lines;
    my %pairs;
    $pairs{"$1 $2"}++ while $whole =~ /\b(\w+) (?=(\w+))/g;
    (my $changed = $whole) =~ s/(\w+) (\w+)/$2-\u$1/g;
    my @fields = map { [split /[ -]/] } split /\n/, $changed;
    $changed =~ tr/a-z/b-za/;
    my $longest = max map { length } @lines;
    return scalar(keys %pairs), $longest, digest($changed), digest(join ',', map { scalar @$_ } @fields);
}

sub tables {
    my (%known, @queue);
    for my $step (1 .. 120_000) {
        my $key = below(3000);
        if (below(10) < 6) {
            push @{ $known{$key} }, $words[$step % 15] x ($key % 9);
            push @queue, $key;
        } else {
            delete $known{$key};
            splice @queue, below(scalar @queue), 1 if @queue && $step % 7 == 0;
        }
        %known = map { $_ => [@{ $known{$_} }] } keys %known if $step % 20_000 == 0;
    }
    my $all = join ';', map { "$_=@{ $known{$_} }" } sort { $a <=> $b } keys %known;
    return scalar(keys %known), scalar(@queue), digest($all);
}

sub strings {
    my $grown = '';
    my @kept;
    for my $step (1 .. 3000) {
        $grown .= chr(97 + $step % 26) x below(400);
        substr $grown, 0, below(length $grown), '' if length $grown > 100_000;
        push @kept, pack('N n/a* w', $step, substr($grown, -below(600) - 1), $step * 1000) if $step % 3 == 0;
        @kept = grep { length() % 2 } @kept if @kept > 500;
    }
    my $doubled = 'ab';
    $doubled .= $doubled for 1 .. 20;
    my @unpacked = map { [unpack 'N n/a* w', $_] } @kept;
    return length($grown), scalar(@unpacked), digest(join '|', map { "@$_" } @unpacked), length $doubled;
}

{
    package Node;
    my $alive = 0;
    sub new { my ($class, $name) = @_; $alive++; return bless { name => $name, children => [] }, $class }
    sub add { my ($self, $child) = @_; push @{ $self->{children} }, $child; $child->{parent} = $self; return $child }
    sub size { my ($self) = @_; my $n = 1; $n += $_->size for @{ $self->{children} }; return $n }
    sub alive { return $alive }
    sub DESTROY { $alive-- }
}

sub objects {
    my @sizes;
    for my $round (1 .. 20) {
        my $root = Node->new("root $round");
        my @nodes = ($root);
        for my $n (1 .. 1500) {
            my $child = $nodes[below(scalar @nodes)]->add(Node->new("node $n" x below(5)));
            weaken($child->{parent});
            push @nodes, $child;
        }
        push @sizes, $root->size;
        my $text = Data::Dumper->new([[map { $_->{name} } @nodes]])->Indent(0)->Dump;
        my $again = eval "no strict; $text";
        die 'not the same' unless @$again == @nodes;
    }
    return sum(@sizes), Node->alive;
}

sub code {
    my @made = map { my $n = $_; eval "sub { my \@list = map { \$_ * $n } 0 .. \$_[0]; return \$list[-1] + $n }" } 1 .. 800;
    my $total = sum map { $made[$_]->($_ % 60) } 0 .. $#made;
    my $sorted = join ',', sort { $a->[0] <=> $b->[0] || $a->[1] cmp $b->[1] } map { [below(50), $words[below(15)]] } 1 .. 2;
    my @table = sort { $a->[0] <=> $b->[0] || $a->[1] cmp $b->[1] } map { [below(500), $words[below(15)] x 3] } 1 .. 20_000;
    my @deep = ([]);
    $deep[0] = [$deep[0], $_] for 1 .. 3000;
    return $total, digest(join ',', map { "@$_" } @table), length($sorted) > 0;
}

sub programs {
    my @said;
    for my $n (1 .. 10) {
        open my $from, '-|', $^X, '-e', "print 'x' x \$ARGV[0], qq{\\n} for 1 .. 50", $n * 700 or die $!;
        push @said, length join '', <$from>;
        close $from or die $!;
    }
    return "@said";
}

for my $round (1 .. 3) {
    for my $part (qw(texts tables strings objects code programs)) {
        no strict 'refs';
        print "$round $part ", join(' ', $part->()), "\n";
    }
}

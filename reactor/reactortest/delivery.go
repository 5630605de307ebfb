//go:build unix

package reactortest

import "math/rand/v2"

// A delivery is an input in pieces. The loop runs after each.
type delivery [][]byte

func whole(p []byte) delivery { return delivery{p} }

func pieces(p []byte, size int) (d delivery) {
	for i := 0; i < len(p); i += size {
		d = append(d, p[i:min(i+size, len(p))])
	}
	return d
}

func (d delivery) sizes() (n []int) {
	for _, p := range d {
		n = append(n, len(p))
	}
	return n
}

// exhaustive is up to which length an input is split everywhere; a longer one is split at some forty places.
const exhaustive = 300

// maxPieces is how many pieces of one size an input comes in at most.
const maxPieces = 2000

// places are the ends of pieces to try.
func places(n int) (at []int) {
	step := max(1, n/40)
	if n <= exhaustive {
		step = 1
	}
	for i := 1; i < n; i += step {
		at = append(at, i)
	}
	return at
}

// deliveries are the ways in which the whole input arrives.
func (h *suite) deliveries() map[string][]delivery {
	in := h.c.Input
	all := map[string][]delivery{"whole": {whole(in)}}
	if len(in) <= maxPieces {
		all["byte by byte"] = []delivery{pieces(in, 1)}
	}
	chance := rand.New(rand.NewPCG(1, uint64(len(in))))
	for _, i := range places(len(in)) {
		all["two pieces"] = append(all["two pieces"], delivery{in[:i], in[i:]})
		if len(in)/i <= maxPieces {
			all["pieces of one size"] = append(all["pieces of one size"], pieces(in, i))
		}
		all["pieces by chance"] = append(all["pieces by chance"], byChance(in, chance))
	}
	return all
}

// byChance cuts p into some eight pieces.
func byChance(p []byte, chance *rand.Rand) (d delivery) {
	for len(p) > 0 {
		n := 1 + chance.IntN(1+len(p)/4)
		d, p = append(d, p[:n]), p[n:]
	}
	return d
}

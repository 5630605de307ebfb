package codec

import (
	"errors"
	"fmt"
	"testing"
)

// fuzzed are framers of every kind, with limits that small inputs can reach.
var fuzzed = []func() Framer{
	line(LineOptions{Limit: 20}),
	line(LineOptions{End: KeepEnd, Strict: true, Limit: 20}),
	delimiter(DelimiterOptions{Delimiters: any3, Limit: 20}),
	delimiter(DelimiterOptions{Delimiters: []string{"aab", "ab", "b\n"}, KeepDelimiter: true, Limit: NoLimit}),
	fixed(FixedOptions{Size: 3}),
	fixed(FixedOptions{Size: 7, Lenient: true}),
	prefixed(LengthPrefixedOptions{Width: 1, Adjust: -2, Limit: 20}),
	prefixed(LengthPrefixedOptions{Width: 8, CountsPrefix: true, KeepPrefix: true, Limit: NoLimit}),
	varint(VarintOptions{Limit: 200}),
	varint(VarintOptions{KeepPrefix: true, Limit: NoLimit}),
}

// pieces cuts s into pieces of the sizes that cuts gives, over and over.
func pieces(s string, cuts []byte) (list []string) {
	for i := 0; len(s) > 0 && len(cuts) > 0; i++ {
		n := min(1+int(cuts[i%len(cuts)]%16), len(s))
		list, s = append(list, s[:n]), s[n:]
	}
	return append(list, s)
}

// FuzzFramers: however the bytes arrive, the frames and the end are the same; and no frame goes beyond its input.
func FuzzFramers(f *testing.F) {
	for _, s := range streams {
		if len(s.input) < 1000 {
			f.Add([]byte(s.input), []byte{0})
			f.Add([]byte(s.input), []byte{1, 5, 2})
		}
	}
	f.Fuzz(func(t *testing.T, data, cuts []byte) {
		for i, framer := range fuzzed {
			whole, wholeErr := run(framer(), string(data))
			split, splitErr := run(framer(), pieces(string(data), cuts)...)
			if fmt.Sprintf("%q", whole) != fmt.Sprintf("%q", split) || fmt.Sprint(reason(wholeErr)) != fmt.Sprint(reason(splitErr)) {
				t.Errorf("framer %d: whole %q, %v; in pieces %q, %v", i, whole, wholeErr, split, splitErr)
			}
			size := 0
			for _, token := range whole {
				size += len(token)
			}
			if size > len(data) {
				t.Errorf("framer %d: %d bytes of frames in %d", i, size, len(data))
			}
		}
	})
}

// reason is what a *FrameError is about.
func reason(err error) error {
	var frame *FrameError
	if errors.As(err, &frame) {
		return frame.Err
	}
	return err
}

// Package codec turns a stream of bytes into frames. It works on slices alone: no I/O, no goroutine, no clock.
//
// A Framer looks at the bytes received so far and says where the first frame ends. Its one method has the shape of
// bufio.SplitFunc, so a framer serves a loop that owns its buffer and a bufio.Scanner alike:
//
//	f, err := codec.NewLine(codec.LineOptions{})
//	if err != nil {
//		return err
//	}
//	lines := bufio.NewScanner(r)
//	lines.Split(f.Frame)
//	for lines.Scan() {
//		fmt.Println(lines.Text())
//	}
//
// Line, Delimiter, Fixed, LengthPrefixed and Varint are the framers of this package; Finder is the search for
// delimiters that the first two are made of. The subpackage iproto speaks Tarantool's binary protocol, msgp its
// encoding, and ext the types that Tarantool adds to that.
//
// What it does not do: it neither reads nor writes, and it never buffers; whoever owns the buffer keeps what a
// framer did not consume.
package codec

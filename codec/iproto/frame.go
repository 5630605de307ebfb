package iproto

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/kharon-net/kharon/codec"
	"github.com/kharon-net/kharon/codec/msgp"
)

// MaxPacket is the size in bytes of the largest packet that Tarantool accepts: 2 GiB.
const MaxPacket = 1 << 31

// prefixLen is the size of a length prefix as everybody writes it: ce and four bytes. Some peers accept no other.
const prefixLen = 5

// ErrFrameLength is the reason when what should be the length of a frame is no unsigned integer. It is fatal to the
// connection: where the next frame begins is not known.
var ErrFrameLength = errors.New("frame length is no unsigned integer")

// FrameTooLargeError refuses a frame by its length, before anything of it is read. It is fatal to the connection.
// It is codec.ErrTooLong to errors.Is.
type FrameTooLargeError struct {
	Size  uint64 // of the packet in bytes
	Limit uint64 // what was allowed
}

// Error gives both numbers.
func (e *FrameTooLargeError) Error() string {
	return fmt.Sprintf("iproto: frame of %d bytes, limit %d", e.Size, e.Limit)
}

// Is makes the error codec.ErrTooLong.
func (e *FrameTooLargeError) Is(target error) bool { return target == codec.ErrTooLong }

// Reply is what a server answers before it closes the connection.
func (e *FrameTooLargeError) Reply() *Error {
	return invalidMsgPack("too big packet size in the header: " + strconv.FormatUint(e.Size, 10))
}

// ParseFrameLength reads the length prefix at the front of b, in any width. The packet is b[n:][:size], as soon as
// that is there; n is 0, without an error, while the prefix is incomplete. A size above limit is a
// *FrameTooLargeError, anything but an unsigned integer a *PacketError with ErrFrameLength inside. A limit of 0
// means MaxPacket.
func ParseFrameLength(b []byte, limit uint64) (size uint64, n int, err error) {
	if len(b) >= prefixLen && b[0] == 0xce {
		size, n = uint64(binary.BigEndian.Uint32(b[1:])), prefixLen
	} else if size, n, err = msgp.ReadUint(b); err != nil {
		if errors.Is(err, msgp.ErrTruncated) {
			return 0, 0, nil
		}
		return 0, 0, &PacketError{Code: CodeInvalidMsgPack, Detail: detailLength, Err: ErrFrameLength}
	}
	if limit == 0 {
		limit = MaxPacket
	}
	if size > limit {
		return 0, 0, &FrameTooLargeError{Size: size, Limit: limit}
	}
	return size, n, nil
}

// BeginFrame appends a length prefix that EndFrame will fill in. The packet is appended next.
func BeginFrame(dst []byte) (out []byte, mark int) {
	dst = append(dst, 0xce, 0, 0, 0, 0)
	return dst, len(dst)
}

// CloseFrame is EndFrame for frames whose size somebody else decides: one with a packet of more than limit bytes
// (0 means MaxPacket) is taken back, and the error is a *FrameTooLargeError.
func CloseFrame(dst []byte, mark int, limit uint64) ([]byte, error) {
	if limit == 0 {
		limit = MaxPacket
	}
	if size := uint64(len(dst) - mark); size > limit {
		return dst[:mark-prefixLen], &FrameTooLargeError{Size: size, Limit: limit}
	}
	return EndFrame(dst, mark), nil
}

// EndFrame completes the frame that BeginFrame began with that mark: the packet is dst[mark:].
//
// A packet above 4 GiB - 1 cannot be framed. Then the whole frame is taken back, so that the stream stays intact:
// the result is shorter than mark. Who lets values of such size in has to look.
func EndFrame(dst []byte, mark int) []byte {
	if mark < prefixLen || mark > len(dst) {
		return dst
	}
	size := uint64(len(dst) - mark)
	if size > math.MaxUint32 {
		return dst[:mark-prefixLen]
	}
	binary.BigEndian.PutUint32(dst[mark-4:], uint32(size))
	return dst
}

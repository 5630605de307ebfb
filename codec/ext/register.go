package ext

import "github.com/kharon-net/kharon/codec/msgp"

func init() {
	msgp.RegisterExt(TypeDecimal, appendDecimal, parseDecimal)
	msgp.RegisterExt(TypeUUID, appendUUID, parseUUID)
	msgp.RegisterExt(TypeError, appendError, parseError)
	msgp.RegisterExt(TypeDatetime, appendTime, parseTime)
	msgp.RegisterExt(TypeInterval, appendInterval, parseInterval)
	msgp.RegisterExt(TypeTuple, appendTuple, parseTuple)
	msgp.RegisterExt(TypeArrow, appendArrow, parseArrow)
}

package iproto

import "github.com/kharon-net/kharon/codec/msgp"

// Eval is the body of an EVAL.
//
//	82  27 <string>  21 <array>
type Eval struct {
	Expr    []byte // what to evaluate, e.g. "return ..."
	Args    []byte // the arguments, one encoded array; nil is written as []
	Formats []byte // the map TUPLE_FORMATS as net.box sends it: what tuples among Args are, as extensions; nil when absent
}

// Append appends the body.
func (e Eval) Append(dst []byte) []byte {
	return invocation{text: e.Expr, args: e.Args, formats: e.Formats}.append(dst, KeyExpr)
}

// AppendEvalHead appends the body of an EVAL up to its arguments, which the caller appends next as one array.
func AppendEvalHead(dst []byte, expr string) []byte {
	dst = append(dst, 0x82, byte(KeyExpr))
	dst = msgp.AppendString(dst, expr)
	return append(dst, byte(KeyTuple))
}

// ParseEval reads what follows the header of an EVAL; n is len(b) on success. Views, defaults and errors are those of
// ParseCall.
func ParseEval(b []byte) (e Eval, n int, err error) {
	var v invocation
	n, err = v.parse(b, KeyExpr)
	return Eval{Expr: v.text, Args: v.args, Formats: v.formats}, n, err
}

package box

import (
	"fmt"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// checkKey checks the key of a SELECT: no more parts than the index has, of
// its types. Index types that keep no order take whole keys only.
func (ix *Index) checkKey(key *Args, it iproto.Iterator) error {
	n, parts := key.Len(), len(ix.Parts)
	switch {
	case !it.Known():
		return illegalParams("Invalid iterator type")
	case n > parts:
		return Errorf(iproto.CodeKeyPartCount, "Invalid key part count (expected [0..%d], got %d)", parts, n)
	case ix.Type == "hash" && n < parts && it != iproto.IteratorALL && (n > 0 || it != iproto.IteratorEQ):
		return Errorf(iproto.CodePartialKey, "HASH index  does not support selects via a partial key "+
			"(expected %d parts, got %d). Please Consider changing index type to TREE.", parts, n)
	}
	return ix.checkTypes(key)
}

// checkExact checks the key of an UPDATE or DELETE, which must be whole.
func (ix *Index) checkExact(key *Args) error {
	switch n := key.Len(); {
	case ix.NotUnique:
		return Errorf(iproto.CodeMoreThanOneTuple, "Get() doesn't support partial keys and non-unique indexes")
	case n != len(ix.Parts):
		return Errorf(iproto.CodeExactMatch, "Invalid key part count in an exact match (expected %d, got %d)", len(ix.Parts), n)
	}
	return ix.checkTypes(key)
}

func (ix *Index) checkTypes(key *Args) error {
	for i := range key.Len() {
		if t := ix.Parts[i].Type; !fits(t, key.At(i)[0]) {
			return iproto.NewError(iproto.CodeKeyPartType,
				fmt.Sprintf("Supplied key type of part %d does not match index part type: expected %s", i, t))
		}
	}
	return nil
}

// fits reports whether a value that begins with this byte may be in a field of
// a type. Types that are not known here take everything.
func fits(fieldType string, first byte) bool {
	kind := msgp.KindOf(first)
	switch fieldType {
	case "unsigned":
		return kind == msgp.KindUint
	case "integer":
		return kind == msgp.KindUint || kind == msgp.KindInt
	case "number", "double":
		return kind == msgp.KindUint || kind == msgp.KindInt || kind == msgp.KindFloat || kind == msgp.KindExt
	case "string", "str":
		return kind == msgp.KindString
	case "boolean":
		return kind == msgp.KindBool
	case "varbinary":
		return kind == msgp.KindBin
	case "uuid", "decimal", "datetime", "interval":
		return kind == msgp.KindExt
	}
	return true
}

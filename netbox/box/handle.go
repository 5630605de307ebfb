package box

import (
	"context"
	"reflect"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// Handle makes f answer calls of name with arguments and result of Go types:
//
//	box.Handle(srv, "sum", func(ctx context.Context, in struct{ A, B int }) (int, error) {
//		return in.A + in.B, nil
//	})
//
// If In is a struct its exported fields are the arguments, in their order. A
// call with one argument that is a map gives them by name instead, as the tags
// of msgpack say. A field of the type *Request is no argument but the request.
// If In is another type it is the only argument. Wrong arguments are an error
// with the code 1 that says which.
//
// Out is what a Func returns. Safe to call from any goroutine, also while the
// server runs.
func Handle[In, Out any](s *Server, name string, f func(ctx context.Context, in In) (Out, error)) {
	HandleWith(s, FuncOptions{}, name, f)
}

// HandleWith is Handle with options. Safe to call from any goroutine, also
// while the server runs.
func HandleWith[In, Out any](s *Server, o FuncOptions, name string, f func(ctx context.Context, in In) (Out, error)) {
	shape := shapeOf(reflect.TypeFor[In]())
	s.FuncWith(o, name, func(ctx context.Context, req *Request) (any, error) {
		in := new(In)
		if err := shape.decode(req, in); err != nil {
			return nil, err
		}
		return f(ctx, *in)
	})
}

// A shape is how the arguments of a call fill a value.
type shape struct {
	fields  []int // of the struct, for the arguments
	request int   // the field for the request; -1: none
	single  bool  // the value is the only argument
}

var (
	requestType = reflect.TypeFor[*Request]()
	emptyStruct = reflect.TypeFor[struct{}]()
)

func shapeOf(t reflect.Type) shape {
	sh := shape{request: -1}
	if t.Kind() != reflect.Struct {
		return shape{single: true, request: -1}
	}
	for i := range t.NumField() {
		switch f := t.Field(i); {
		case f.Type == requestType:
			sh.request = i
		case f.IsExported():
			sh.fields = append(sh.fields, i)
		}
	}
	sh.single = len(sh.fields) == 0 && sh.request < 0 && t != emptyStruct // time.Time and the like
	return sh
}

// decode fills what in points to.
func (sh *shape) decode(req *Request, in any) error {
	args := req.Args()
	if sh.single {
		if args.Len() != 1 {
			return illegalParams("%s takes 1 argument, got %d", req.Function(), args.Len())
		}
		return argument(req, 0, in)
	}
	v := reflect.ValueOf(in).Elem()
	if sh.request >= 0 {
		v.Field(sh.request).Set(reflect.ValueOf(req))
	}
	if args.Len() == 1 && len(sh.fields) > 0 && msgp.KindOf(args.At(0)[0]) == msgp.KindMap &&
		(len(sh.fields) > 1 || !takesMap(v.Field(sh.fields[0]))) {
		return argument(req, 0, in)
	}
	if args.Len() != len(sh.fields) {
		return illegalParams("%s takes %d arguments, got %d", req.Function(), len(sh.fields), args.Len())
	}
	for i, f := range sh.fields {
		if err := argument(req, i, v.Field(f).Addr().Interface()); err != nil {
			return err
		}
	}
	return nil
}

// takesMap reports whether a field may be given as a map.
func takesMap(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Map, reflect.Struct, reflect.Interface, reflect.Pointer, reflect.Slice: // msgp.Raw is a slice
		return true
	}
	return false
}

// argument decodes one argument.
func argument(req *Request, i int, into any) error {
	if err := req.Args().At(i).Decode(into); err != nil {
		return illegalParams("%s, argument %d: %v", req.Function(), i+1, err)
	}
	return nil
}

func illegalParams(format string, args ...any) error {
	return Errorf(iproto.CodeIllegalParams, format, args...)
}

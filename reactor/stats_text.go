package reactor

import (
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"unicode"
)

var (
	_ slog.LogValuer = Stats{}
	_ fmt.Stringer   = Stats{}
)

// LogValue returns the fields as a group, named as in accept_errors, for a
// structured log. Safe to call from any goroutine.
func (s Stats) LogValue() slog.Value {
	v := reflect.ValueOf(s)
	attrs := make([]slog.Attr, v.NumField())
	for i := range attrs {
		attrs[i] = slog.Any(snake(v.Type().Field(i).Name), v.Field(i).Interface())
	}
	return slog.GroupValue(attrs...)
}

// String returns the fields on one line, as in "conns=2 accepted=17 …". Safe to
// call from any goroutine.
func (s Stats) String() string {
	var b strings.Builder
	for i, a := range s.LogValue().Group() {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(a.String())
	}
	return b.String()
}

// snake turns AcceptErrors into accept_errors.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

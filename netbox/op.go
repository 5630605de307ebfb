package netbox

// An Op is an operation of Update and Upsert. The field is its number, counted
// from 0 and from the end when negative, or its name, which may be a JSON path.
type Op struct {
	op    string
	field any
	args  []any
}

// Assign sets a field to v. A field behind the last one is added.
func Assign(field, v any) Op { return Op{"=", field, []any{v}} }

// Add adds v to a number.
func Add(field, v any) Op { return Op{"+", field, []any{v}} }

// Subtract subtracts v from a number.
func Subtract(field, v any) Op { return Op{"-", field, []any{v}} }

// And makes the bitwise and of a field and v.
func And(field any, v uint64) Op { return Op{"&", field, []any{v}} }

// Or makes the bitwise or of a field and v.
func Or(field any, v uint64) Op { return Op{"|", field, []any{v}} }

// Xor makes the bitwise exclusive or of a field and v.
func Xor(field any, v uint64) Op { return Op{"^", field, []any{v}} }

// InsertField inserts v before a field.
func InsertField(field, v any) Op { return Op{"!", field, []any{v}} }

// DeleteFields deletes n fields from one on.
func DeleteFields(field any, n int) Op { return Op{"#", field, []any{n}} }

// Splice puts text into the place of n bytes of a string, from byte pos on.
func Splice(field any, pos, n int, text string) Op { return Op{":", field, []any{pos, n, text}} }

// opList is the operations as they are encoded: arrays of name, field and
// arguments.
func opList(ops []Op) list {
	values := make([]any, len(ops))
	for i, o := range ops {
		values[i] = append([]any{o.op, o.field}, o.args...)
	}
	return list{values: values}
}

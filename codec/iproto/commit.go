package iproto

// Commit is the body of a COMMIT, which ends the transaction of a stream. Its zero value is written as no body.
//
//	81  61 c3
type Commit struct {
	IsSync bool // synchronously, for servers with FeatureIsSync
}

// Append appends the body.
func (m Commit) Append(dst []byte) []byte { return Begin{IsSync: m.IsSync}.Append(dst) }

// ParseCommit reads what follows the header of a COMMIT; n is len(b) on success. No body is the zero value. The errors
// are those of ParseBegin.
func ParseCommit(b []byte) (m Commit, n int, err error) {
	begin, n, err := ParseBegin(b)
	return Commit{IsSync: begin.IsSync}, n, err
}

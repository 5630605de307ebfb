package ext

import (
	"bytes"
	"context"
	"encoding/hex"
	"math/big"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/kharon-net/kharon/reactor/reactortest"
)

// echo reads values in hexadecimal, one to a line, and prints each as text and encoded again.
const echo = `
local msgpack = require('msgpack')
for line in io.lines(arg[1]) do
	local v = msgpack.decode((line:gsub('..', function(x) return string.char(tonumber(x, 16)) end)))
	local b = msgpack.encode(v):gsub('.', function(c) return string.format('%02x', c:byte()) end)
	print(tostring(v), b)
end
os.exit(0)
`

// tarantool has a real Tarantool read the values and write them again.
func tarantool(t *testing.T, values [][]byte) (texts []string, again [][]byte) {
	t.Helper()
	program := reactortest.Need(t, "tarantool")
	dir := t.TempDir()
	var lines strings.Builder
	for _, b := range values {
		lines.WriteString(hex.EncodeToString(b) + "\n")
	}
	for name, text := range map[string]string{"echo.lua": echo, "values": lines.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "echo.lua", "values")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		text, b, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok {
			t.Fatalf("printed %q", line)
		}
		texts = append(texts, text)
		again = append(again, unhex(t, b))
	}
	if len(texts) != len(values) {
		t.Fatalf("%d of %d values came back", len(texts), len(values))
	}
	return texts, again
}

// Tarantool 2.6 has decimals of 38 digits.
func TestDecimalsAgreeWithTarantool(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var list []decimal.Decimal
	var values [][]byte
	for range 500 {
		digits := 1 + random.IntN(38)
		coefficient := new(big.Int)
		for range digits {
			coefficient.Mul(coefficient, big.NewInt(10))
			coefficient.Add(coefficient, big.NewInt(random.Int64N(10)))
		}
		if random.IntN(2) == 0 {
			coefficient.Neg(coefficient)
		}
		d := decimal.NewFromBigInt(coefficient, -random.Int32N(int32(38)))
		b, err := AppendDecimal(nil, d)
		if err != nil {
			t.Fatalf("%v: %v", d, err)
		}
		list, values = append(list, d), append(values, b)
	}
	texts, again := tarantool(t, values)
	for i, d := range list {
		told, err := decimal.NewFromString(texts[i])
		if err != nil || !told.Equal(d) {
			t.Errorf("%x is %v, Tarantool tells %s, %v", values[i], d, texts[i], err)
		}
		if got, _, err := ReadDecimal(again[i]); err != nil || !got.Equal(d) || got.Exponent() != d.Exponent() {
			t.Errorf("%v came back as %v, %x, %v", d, got, again[i], err)
		}
		if !d.IsZero() && !bytes.Equal(values[i], again[i]) {
			t.Errorf("%v: appended %x, Tarantool %x", d, values[i], again[i])
		}
	}
}

func TestUUIDsAgreeWithTarantool(t *testing.T) {
	var values [][]byte
	list := []uuid.UUID{uuid.Nil, aUUID}
	for range 50 {
		list = append(list, uuid.New())
	}
	for _, u := range list {
		values = append(values, AppendUUID(nil, u))
	}
	texts, again := tarantool(t, values)
	for i, u := range list {
		if texts[i] != u.String() || !bytes.Equal(again[i], values[i]) {
			t.Errorf("%v, %x: Tarantool tells %s, %x", u, values[i], texts[i], again[i])
		}
	}
}

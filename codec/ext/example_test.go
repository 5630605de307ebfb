package ext_test

import (
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/kharon-net/kharon/codec/ext"
	"github.com/kharon-net/kharon/codec/msgp"
)

// A program that imports package ext has msgp write and read these types wherever they stand.
func Example() {
	type order struct {
		ID    uuid.UUID       `msgpack:"id"`
		Price decimal.Decimal `msgpack:"price"`
		At    time.Time       `msgpack:"at"`
		Every ext.Interval    `msgpack:"every"`
	}
	b, err := msgp.AppendValue(nil, order{
		ID:    uuid.MustParse("f6423bdf-b49e-4913-b361-0740c9702e4b"),
		Price: decimal.RequireFromString("12.50"),
		At:    time.Date(2024, 2, 29, 12, 0, 0, 0, time.FixedZone("Europe/Moscow", 3*3600)),
		Every: ext.Interval{Month: 1},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	var o order
	if _, err := msgp.DecodeValue(b, &o); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(o.ID)
	fmt.Println(o.Price.StringFixed(2))
	fmt.Println(o.At.Format(time.DateTime), o.At.Location())
	fmt.Println(o.Every.Month, o.Every.Adjust)
	// Output:
	// f6423bdf-b49e-4913-b361-0740c9702e4b
	// 12.50
	// 2024-02-29 12:00:00 Europe/Moscow
	// 1 none
}

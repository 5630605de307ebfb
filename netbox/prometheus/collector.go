package prometheus

import (
	"iter"

	prom "github.com/prometheus/client_golang/prometheus"
)

// A metric is one figure of a source whose figures are an S.
type metric[S any] struct {
	name, help string
	kind       prom.ValueType
	value      func(S) float64
}

func counter[S any](name, help string, value func(S) float64) metric[S] {
	return metric[S]{name: name, help: help, kind: prom.CounterValue, value: value}
}

func gauge[S any](name, help string, value func(S) float64) metric[S] {
	return metric[S]{name: name, help: help, kind: prom.GaugeValue, value: value}
}

// A collector reads figures when it is scraped.
type collector[S any] struct {
	// immutable
	metrics []metric[S]
	descs   []*prom.Desc                // of the metrics
	read    func() iter.Seq2[string, S] // figures, by the value of the label; "" without one
	labeled bool
}

// collect makes a collector. An empty label is none: read gives one source.
func collect[S any](metrics []metric[S], label string, read func() iter.Seq2[string, S]) *collector[S] {
	c := &collector[S]{metrics: metrics, read: read, labeled: label != ""}
	var labels []string
	if c.labeled {
		labels = []string{label}
	}
	for _, m := range metrics {
		c.descs = append(c.descs, prom.NewDesc(m.name, m.help, labels, nil))
	}
	return c
}

// Describe implements prometheus.Collector. Safe to call from any goroutine.
func (c *collector[S]) Describe(ch chan<- *prom.Desc) {
	for _, d := range c.descs {
		ch <- d
	}
}

// Collect implements prometheus.Collector. Safe to call from any goroutine.
func (c *collector[S]) Collect(ch chan<- prom.Metric) {
	for value, figures := range c.read() {
		var labels []string
		if c.labeled {
			labels = []string{value}
		}
		for i, m := range c.metrics {
			ch <- prom.MustNewConstMetric(c.descs[i], m.kind, m.value(figures), labels...)
		}
	}
}

package prometheus

import (
	"iter"

	prom "github.com/prometheus/client_golang/prometheus"
)

// A metric is one figure of a source whose figures are an S, or one that is
// split by a label of its own.
type metric[S any] struct {
	name, help string
	kind       prom.ValueType
	value      func(S) float64
	by         string                            // the label; empty: none
	values     func(S) iter.Seq2[string, uint64] // instead of value, by the value of that label
}

func counter[S any](name, help string, value func(S) float64) metric[S] {
	return metric[S]{name: name, help: help, kind: prom.CounterValue, value: value}
}

// counterBy is a counter that is split by a label.
func counterBy[S any](name, help, by string, values func(S) iter.Seq2[string, uint64]) metric[S] {
	return metric[S]{name: name, help: help, kind: prom.CounterValue, by: by, values: values}
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
	for _, m := range metrics {
		c.descs = append(c.descs, prom.NewDesc(m.name, m.help, present(label, m.by), nil))
	}
	return c
}

// present returns the texts that are not empty.
func present(texts ...string) (list []string) {
	for _, text := range texts {
		if text != "" {
			list = append(list, text)
		}
	}
	return list
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
			if m.by == "" {
				ch <- prom.MustNewConstMetric(c.descs[i], m.kind, m.value(figures), labels...)
				continue
			}
			for by, v := range m.values(figures) {
				ch <- prom.MustNewConstMetric(c.descs[i], m.kind, float64(v), append(labels[:len(labels):len(labels)], by)...)
			}
		}
	}
}

package main

import (
	"encoding/json"
	"os"
)

// writeJSON writes the results to file, for programs to read.
func writeJSON(file string, results []*result) error {
	if results == nil {
		results = []*result{}
	}
	b, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o666)
}

// Package report turns the stream of a run into what people and programs read.
//
// A [Printer] takes the events of one run and writes one format. [Fold] makes
// the document of a whole run, and [Read] plays a recorded stream again, so that
// any run can be printed later in any format: a printer knows nothing but the
// stream. The package is pure: no network, no clock, no state.
package report

package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// exitInterrupted is what a run means that never came to its verdict.
const exitInterrupted = 130

// Fold makes the document of a stream. Of two observations with one id, or two
// candidates with one role and endpoint, the later stands. A stream that ends
// before its verdict gives a valid document that is not complete.
//
// Fold looks at every event as the recorded stream would say it, so a recorded
// run and the run itself give the same document, byte for byte. The error names
// an event that has no such form.
func Fold(events []mail.Event) (mail.Report, error) {
	f := NewFolder()
	for _, e := range events {
		if err := f.Add(e); err != nil {
			return mail.Report{}, err
		}
	}
	return f.Report(), nil
}

// Folder folds a stream event by event.
type Folder struct {
	report       mail.Report
	candidates   map[candidateKey]mail.Candidate
	order        []candidateKey // as last emitted: the rules send the ordered list at the end
	observations map[string]mail.Observation
}

type candidateKey struct {
	role     mail.Role
	endpoint mail.Endpoint
}

// NewFolder gives a Folder that has seen nothing.
func NewFolder() *Folder {
	return &Folder{
		report: mail.Report{
			Schema: mail.Schema,
			Verdict: mail.Verdict{
				Receive: mail.Unproven, Send: mail.Unproven,
				Summary: "The run ended before it came to a verdict.", ExitCode: exitInterrupted,
			},
			Settings: []mail.Setting{},
			Findings: []mail.Finding{},
		},
		candidates:   map[candidateKey]mail.Candidate{},
		observations: map[string]mail.Observation{},
	}
}

// Add takes the next event.
func (f *Folder) Add(e mail.Event) error {
	e, err := recorded(e)
	if err != nil {
		return err
	}
	switch {
	case e.Header != nil:
		f.report.Tool, f.report.Target, f.report.Started = e.Header.Tool, e.Header.Target, utc(e.Header.Started)
		f.report.Command = e.Header.Command
	case e.Candidate != nil:
		f.addCandidate(*e.Candidate)
	case e.Observation != nil:
		f.observations[e.Observation.ID] = withLists(*e.Observation)
	case e.Finding != nil:
		f.report.Findings = append(f.report.Findings, findingWithLists(*e.Finding))
	case e.Setting != nil:
		f.report.Settings = append(f.report.Settings, *e.Setting)
	case e.Verdict != nil:
		f.close(*e.Verdict)
	}
	return nil
}

// Report gives the document of what was added so far.
func (f *Folder) Report() mail.Report {
	r := f.report
	r.Settings, r.Findings = slices.Clone(r.Settings), slices.Clone(r.Findings)
	r.NotChecked = append([]mail.NotChecked{}, r.NotChecked...)
	r.Services = append([]mail.Service{}, r.Services...)
	r.Candidates = []mail.Candidate{}
	for _, key := range f.order {
		r.Candidates = append(r.Candidates, f.candidates[key])
	}
	r.Observations = []mail.Observation{}
	for _, o := range f.observations {
		r.Observations = append(r.Observations, o)
	}
	slices.SortFunc(r.Observations, compareObservations)
	return r
}

func (f *Folder) addCandidate(c mail.Candidate) {
	key := candidateKey{c.Role, c.Endpoint}
	if _, seen := f.candidates[key]; seen {
		f.order = slices.DeleteFunc(f.order, func(k candidateKey) bool { return k == key })
	}
	f.candidates[key] = c
	f.order = append(f.order, key)
}

func (f *Folder) close(c mail.Closing) {
	f.report.Verdict, f.report.TookMS, f.report.Complete = c.Verdict, c.TookMS, c.Complete
	slices.SortFunc(c.NotChecked, func(a, b mail.NotChecked) int {
		return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Why, b.Why), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Detail, b.Detail))
	})
	f.report.NotChecked = slices.Compact(c.NotChecked)
	f.report.Provider, f.report.Services = c.Provider, c.Services
	f.report.Clients, f.report.Publish = c.Clients, c.Publish
	for i := range c.Clients {
		c.Clients[i].Steps = nonNil(c.Clients[i].Steps)
	}
	for i := range c.Publish {
		c.Publish[i].For = nonNil(c.Publish[i].For)
	}
}

// recorded gives e as it comes back from a recorded stream: text in valid
// UTF-8, absent and empty lists the same, times without a clock reading.
func recorded(e mail.Event) (mail.Event, error) {
	data, err := json.Marshal(e)
	if err != nil {
		return mail.Event{}, fmt.Errorf("write event: %w", err)
	}
	if _, err := eventKind(data); err != nil {
		return mail.Event{}, fmt.Errorf("write event %.200s: %w", data, err)
	}
	var out mail.Event
	if err := json.Unmarshal(data, &out); err != nil {
		return mail.Event{}, fmt.Errorf("read event %.200s: %w", data, err)
	}
	return out, nil
}

// withLists makes the lists that the document always has, and puts times into UTC.
func withLists(o mail.Observation) mail.Observation {
	o.At = utc(o.At)
	if o.DNSFacts != nil {
		o.Records = nonNil(o.Records)
	}
	if o.TLSFacts != nil {
		for i := range o.Certificates {
			c := &o.Certificates[i]
			c.Names, c.NotBefore, c.NotAfter = nonNil(c.Names), utc(c.NotBefore), utc(c.NotAfter)
		}
	}
	return o
}

// utc gives t in UTC, unless that is a year that RFC 3339 cannot write.
func utc(t time.Time) time.Time {
	if u := t.UTC(); u.Year() >= 0 && u.Year() <= 9999 {
		return u
	}
	return t
}

func findingWithLists(f mail.Finding) mail.Finding {
	f.Evidence, f.Because, f.References = nonNil(f.Evidence), nonNil(f.Because), nonNil(f.References)
	return f
}

func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// kindOrder is the order in which a connection comes about.
func kindOrder() []mail.Kind {
	return []mail.Kind{
		mail.KindDNS, mail.KindHTTP, mail.KindDial, mail.KindTLS,
		mail.KindSession, mail.KindAuth, mail.KindMailbox, mail.KindSend,
	}
}

func compareObservations(a, b mail.Observation) int {
	return cmp.Or(cmp.Compare(kindRank(a.Kind), kindRank(b.Kind)), cmp.Compare(a.ID, b.ID))
}

// kindRank gives the place of k; a kind that is not known comes last.
func kindRank(k mail.Kind) int {
	if i := slices.Index(kindOrder(), k); i >= 0 {
		return i
	}
	return len(kindOrder())
}

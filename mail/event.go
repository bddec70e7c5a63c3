package mail

import "time"

// Schema names the version of the report document and of the stream.
const Schema = "mailmedic.report/1"

// Event is one message of the stream. Exactly one field is set. The header
// comes first, the verdict last. A stream stays valid with all progress removed.
type Event struct {
	Header      *Header      `json:"header,omitempty"`
	Progress    *Progress    `json:"progress,omitempty"`
	Candidate   *Candidate   `json:"candidate,omitempty"`
	Observation *Observation `json:"observation,omitempty"`
	Rule        *Rule        `json:"rule,omitempty"`
	Finding     *Finding     `json:"finding,omitempty"`
	Setting     *Setting     `json:"setting,omitempty"`
	Verdict     *Closing     `json:"verdict,omitempty"`
}

// Tool says which mailmedic made a report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Header opens a stream.
type Header struct {
	Schema  string    `json:"schema"`
	Tool    Tool      `json:"tool"`
	Target  Target    `json:"target"`
	Started time.Time `json:"started"`
	Command string    `json:"command,omitempty"` // what mailmedic was told to do: check, discover
}

// Progress says what is being done now. It is for people who wait and is never part of a report.
type Progress struct {
	Message string `json:"message"`
}

// Closing ends a stream: the verdict and what is said of the run as a whole.
type Closing struct {
	Verdict
	TookMS     int64        `json:"took_ms"`
	Complete   bool         `json:"complete"` // false when anything was not checked for grace or deadline
	NotChecked []NotChecked `json:"not_checked"`
	Provider   *Provider    `json:"provider,omitempty"` // what is known of who runs the mailbox
	Services   []Service    `json:"services,omitempty"`

	Clients []Program     `json:"clients,omitempty"` // only when asked for
	Publish []Publication `json:"publish,omitempty"` // likewise
}

// Report is a whole run as one document. Candidates, findings and settings
// stand best, worst and best first; observations and what was not checked stand
// in the order of their names.
type Report struct {
	Schema       string        `json:"schema"`
	Tool         Tool          `json:"tool"`
	Target       Target        `json:"target"`
	Started      time.Time     `json:"started"`
	Command      string        `json:"command,omitempty"` // check, discover
	TookMS       int64         `json:"took_ms"`
	Complete     bool          `json:"complete"`
	Verdict      Verdict       `json:"verdict"`
	Settings     []Setting     `json:"settings"`
	Candidates   []Candidate   `json:"candidates"`
	Findings     []Finding     `json:"findings"`
	Observations []Observation `json:"observations"`
	NotChecked   []NotChecked  `json:"not_checked"`
	Provider     *Provider     `json:"provider"`
	Services     []Service     `json:"services"`
	Clients      []Program     `json:"clients,omitempty"` // only when asked for
	Publish      []Publication `json:"publish,omitempty"` // likewise
}

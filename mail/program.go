package mail

// Program is what one mail program would find at a domain by itself, simulated
// by its documented order from what was found.
type Program struct {
	Name     string        `json:"program"`            // "Thunderbird"
	Incoming *Endpoint     `json:"incoming"`           // null where it would find none
	Outgoing *Endpoint     `json:"outgoing"`           // likewise
	Username string        `json:"username,omitempty"` // what it would fill in
	Source   Source        `json:"source,omitempty"`   // where it would take the settings from
	Steps    []ProgramStep `json:"steps"`              // in the program's order, up to the one that it takes
	Notes    []string      `json:"notes,omitempty"`    // what would surprise its user
}

// ProgramStep is one place where a mail program looks.
type ProgramStep struct {
	Place    string   `json:"place"`              // a URL, a DNS name with its type, or a few words
	Outcome  string   `json:"outcome"`            // what the program finds there, in a few words
	Taken    bool     `json:"taken"`              // it takes its settings from here
	Evidence []string `json:"evidence,omitempty"` // ids of observations
}

// Publication is a record or document that an administrator should add, so that
// mail programs find the right settings.
type Publication struct {
	Kind    string   `json:"kind"`    // dns or document
	Name    string   `json:"name"`    // the owner name and type of the record, or the URL of the document
	Content string   `json:"content"` // ready to paste
	Why     string   `json:"why"`
	For     []string `json:"for"` // the programs that gain
}

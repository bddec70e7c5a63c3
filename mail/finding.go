package mail

import "slices"

// Severity says how bad a finding is.
type Severity string

// The severities, worst first.
const (
	Critical Severity = "critical" // it cannot work
	Error    Severity = "error"    // it is wrong and will bite
	Warning  Severity = "warning"
	Notice   Severity = "notice"
	OK       Severity = "ok"
)

var severityOrder = []Severity{Critical, Error, Warning, Notice, OK}

// Rank gives the place of s: 0 is the worst.
func (s Severity) Rank() int {
	if i := slices.Index(severityOrder, s); i >= 0 {
		return i
	}
	return len(severityOrder)
}

// Owner is who can mend a finding.
type Owner string

// The owners.
const (
	OwnerUser      Owner = "user"
	OwnerAdmin     Owner = "admin"    // who runs the domain or the mailbox
	OwnerProvider  Owner = "provider" // who runs the server
	OwnerNetwork   Owner = "network"  // who runs the network here: ISP, firewall, VPN, antivirus
	OwnerSender    Owner = "sender"
	OwnerRecipient Owner = "recipient"
)

// Confidence says how sure a diagnosis is.
type Confidence string

// The confidences.
const (
	Certain  Confidence = "certain"
	Likely   Confidence = "likely"
	Possible Confidence = "possible"
)

// Finding is one diagnosis: what is wrong, who can mend it, and how.
type Finding struct {
	ID         string     `json:"id"` // the rule that found it
	Severity   Severity   `json:"severity"`
	Subject    string     `json:"subject"` // a domain, host, URL or endpoint
	Title      string     `json:"title"`   // one sentence without a full stop
	Detail     string     `json:"detail"`  // what it means for the user
	Fix        string     `json:"fix"`     // what the owner does
	Owner      Owner      `json:"owner"`
	Confidence Confidence `json:"confidence"`
	Evidence   []string   `json:"evidence"`          // ids of observations
	Because    []string   `json:"because"`           // ids of findings and facts that lead here
	References []string   `json:"references"`        // "RFC 8314 section 3.3"
	Affects    []string   `json:"affects,omitempty"` // further subjects that the same cause breaks
}

// Rule is what stands behind the findings of one id.
type Rule struct {
	ID         string   `json:"id"`
	Title      string   `json:"title"` // what the rule looks for, without names
	Severity   Severity `json:"severity"`
	Owner      Owner    `json:"owner"`
	References []string `json:"references"`
}

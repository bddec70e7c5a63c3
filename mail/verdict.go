package mail

// State is how well a role works, judged by its best usable setting.
type State string

// The states.
const (
	Works    State = "works"    // proved by sign-in
	Ready    State = "ready"    // handshake proved, no sign-in asked or allowed
	Broken   State = "broken"   // settings are known and none can be used
	Unproven State = "unproven" // nothing could be tested from here
	NoneSet  State = "none"     // no setting is known, or the role was not asked for
)

// Verdict is the answer in short.
type Verdict struct {
	Receive  State  `json:"receive"`
	Send     State  `json:"send"`
	Summary  string `json:"summary"` // one sentence
	ExitCode int    `json:"exit_code"`
}

// Why says why something was not checked.
type Why string

// The reasons.
const (
	WhyGrace     Why = "grace"     // everything was proved and it was slow
	WhyDeadline  Why = "deadline"  // the run's time was over
	WhyPolicy    Why = "policy"    // mailmedic's rules or the user's do not allow it
	WhyConsent   Why = "consent"   // the user was not asked or said no
	WhyBudget    Why = "budget"    // the tries of the account are used up
	WhyThrottled Why = "throttled" // the server asked for fewer connections
)

// NotChecked names what was not looked at. A thing not tested is never fine.
type NotChecked struct {
	Subject string `json:"subject"`
	Why     Why    `json:"why"`
	Source  Source `json:"source,omitempty"` // whose settings were to be looked for there
	Detail  string `json:"detail,omitempty"` // the reason in words, where why does not say it all
}

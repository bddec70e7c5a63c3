package rules

import "github.com/mailmedic/mailmedic/mail"

func networkRules() []rule     { return nil }
func dnsRules() []rule         { return nil }
func providerRules() []rule    { return nil }
func serverRules() []rule      { return nil }
func greetingRules() []rule    { return nil }
func modeRules() []rule        { return nil }
func certificateRules() []rule { return nil }
func tlsRules() []rule         { return nil }
func startTLSRules() []rule    { return nil }
func signInRules() []rule      { return nil }
func mechanismRules() []rule   { return nil }
func publishedRules() []rule   { return nil }
func mxRules() []rule          { return nil }
func safetyRules() []rule      { return nil }
func runRules() []rule         { return nil }

// rejectedAccount gives the sign-in at which the account itself was rejected, if it was accepted nowhere.
func (x *index) rejectedAccount() *mail.Observation {
	var found *mail.Observation
	for _, s := range x.servers {
		if s.signedIn() {
			return nil
		}
		if o := s.refusal(); o != nil && found == nil && o.Failure.Class == mail.AuthRejected {
			found = o
		}
	}
	return found
}

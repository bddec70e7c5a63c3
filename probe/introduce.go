package probe

import "context"

// introduction is the command ID of IMAP, RFC 2971.
const introduction = `ID ("name" "mailmedic")`

// Introduce asks an IMAP server for its name and version (RFC 2971), where it
// says that it tells them, and reports the session again. It costs a round trip,
// so it is for sessions in which nobody signs in; those that somebody signed in
// to ask it with the mailbox.
func (s *Session) Introduce(ctx context.Context) {
	m, isIMAP := s.speaker.(*imap)
	if !isIMAP || !s.alive || s.signedIn || !offers(s.offered, "ID") {
		return
	}
	defer s.watch(ctx)()
	r, err := m.command(introduction)
	if s.alive = err == nil; !s.alive {
		return // what was learned before holds
	}
	if s.facts.SoftwareID = s.clean(serverID(r.untagged)); s.facts.SoftwareID == "" {
		return
	}
	if s.facts.Software == "" {
		s.facts.Software = softwareOf("", s.facts.SoftwareID, nil)
	}
	s.report()
}

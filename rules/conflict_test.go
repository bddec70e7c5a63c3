package rules

import (
	"slices"
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

func TestAWebHostStandsBehindTheProviderOfTheMailboxes(t *testing.T) {
	t.Parallel()
	const panelIMAP, panelSMTP = "imaps://mail.example.org:993", "smtps://mail.example.org:465"
	panel := func() *world {
		return nowhere().mailhouse().document(configHost, "", panelIMAP, panelSMTP).answers("a:example.org", "192.0.2.80")
	}
	work := func(w *world) *world { return w.works(panelIMAP, panelSMTP, houseIMAP, houseSMTP) }
	onWeb := func(w *world) *world { return w.answers("a:mail.example.org", "192.0.2.80") }
	elsewhere := func(w *world) *world { return w.answers("a:mail.example.org", "192.0.2.10") }
	for _, tt := range []struct {
		name  string
		world *world
		want  string
	}{
		{"the document's server is the web server", work(onWeb(panel())), houseIMAP},
		{"it is a machine of its own", work(elsewhere(panel())), panelIMAP},
		{"the DNS names it too", work(onWeb(panel())).says(mail.SourceSRV, mail.TrustDNS, panelIMAP), panelIMAP},
		{"somebody signed in there", work(onWeb(panel())).accepts(panelIMAP, "anna@example.org"), panelIMAP},
		{"the provider's server does not answer", onWeb(panel()).works(panelIMAP, panelSMTP).dial(mail.Timeout, houseIMAP), panelIMAP},
		{"no server was asked", panel(), houseIMAP},
		{"no server was asked, and the address is known", elsewhere(panel()), panelIMAP},
		{"the MX record leads to nobody who is known", nowhere().document(configHost, "", panelIMAP, panelSMTP), panelIMAP},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			settings := settingsOf(tt.world.judge())
			if len(settings) == 0 || settings[0] != tt.want+"*" {
				t.Errorf("got %v, want %s first", settings, tt.want)
			}
		})
	}
}

func TestAContradictionTellsBothSidesAndWhichOneCounts(t *testing.T) {
	t.Parallel()
	documented := func() *world { return nowhere().document(configHost, "anna@example.org", imaps, smtps) }
	for _, tt := range []struct {
		name, id string
		world    *world
		want     []string
	}{
		{"trust decides", "conflict.hosts", documented().srv(oldIMAP), []string{configHost + " names imap.example.org.", "SRV records name old.example.org.", "goes by the autoconfig document, because the domain itself vouches for it"}},
		{"proof decides", "conflict.hosts", documented().srv(oldIMAP).works(oldIMAP, smtps).dial(mail.Refused, imaps), []string{"goes by the SRV records, because the servers of the other side do not work"}},
		{"three sides", "conflict.hosts", documented().srv(oldIMAP).document(discoverAt, "", "imaps://third.example.org:993"), []string{"names imap.example.org.", "name old.example.org.", "names third.example.org."}},
		{"both tasks", "conflict.hosts", documented().srv(oldIMAP).srv("smtps://old.example.org:465"), []string{"names imap.example.org and smtp.example.org."}},
		{"neither side works", "conflict.hosts", documented().srv(oldIMAP).works(smtps).dial(mail.Refused, imaps, oldIMAP), []string{"goes by the autoconfig document, though its servers do not work now"}},
		{"documents are quoted", "conflict.documents", documented().document(configWeb, "anna", imaps, smtps), []string{imaps + " as anna@example.org", imaps + " as anna"}},
		{"a document that lacks a server", "conflict.documents", documented().document(configWeb, "anna@example.org", imaps), []string{configWeb + " lacks some of that."}},
		{"user names", "conflict.username", documented().document(directory, "anna", imaps), []string{configHost + " says anna@example.org.", "ISPDB says anna."}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, found := tt.world.judge().finding(tt.id)
			for _, want := range tt.want {
				if !strings.Contains(f.Detail, want) {
					t.Errorf("found is %v; %q does not say %q", found, f.Detail, want)
				}
			}
		})
	}
}

func TestTwoWaysToOneHostAreOneRankedListAndNoContradiction(t *testing.T) {
	t.Parallel()
	w := nowhere().srv(smtps).srv(imaps).document(configHost, "", "smtp+starttls://smtp.example.org:587", imaps).works(imaps, smtps, smtp)
	j := w.judge()
	if got := settingsOf(j); !slices.Equal(got, []string{imaps + "*", smtps + "*", smtp}) {
		t.Errorf("settings %v", got)
	}
	for _, f := range j.Findings {
		if strings.HasPrefix(f.ID, "conflict.") {
			t.Errorf("%s: %s", f.ID, f.Title)
		}
	}
}

func TestTextOfDocumentsIsBoundedInContradictions(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 5000) + "{who}[x {domain}]"
	w := nowhere().document(configHost, long, imaps, smtps).document(configWeb, long+"2", imaps, smtps).document(directory, "anna", imaps)
	for _, f := range w.judge().Findings {
		if whole := f.Title + f.Detail + f.Fix; len(whole) > 6000 || strings.ToValidUTF8(whole, "") != whole || strings.Contains(f.Detail, "[x example.org]") {
			t.Errorf("%s: %d bytes", f.ID, len(whole))
		}
	}
}

func TestWhatProgramsRefuseADocumentForIsSaidFirst(t *testing.T) {
	t.Parallel()
	notes := []string{"imap://mail.example.org:143: odd", "pop3 server 2 is passed over: odd"}
	for _, number := range strings.Split("abcdefgh", "") {
		notes = append(notes, "note "+number)
	}
	notes = append(notes, "the document does not name example.org among its domains; some programs refuse it", "more of it was passed over")
	const want = "The document does not name example.org among its domains; some programs refuse it. POP3 server 2 is passed over: odd. imap://mail.example.org:143: odd. Note a. Note b. Note c. Note d. Note e. And 4 more."
	if got := sentences(notes); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

//go:build integration

package integration

import (
	"bufio"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

// probed runs mailmedic for endpoints, with a password unless user is empty.
func probed(t *testing.T, user, password string, endpoints ...string) *report {
	t.Helper()
	args := append([]string{"probe"}, endpoints...)
	args = append(append(args, networked()...), "-f", "json")
	if user != "" {
		args = append(args, "--user", user, "--password-file", passwordFile(t, password))
	}
	return mailmedic(t, args...).report(t)
}

// wantSignedIn fails unless user could sign in at each of the endpoints.
func wantSignedIn(t *testing.T, r *report, user string, endpoints ...string) {
	t.Helper()
	for _, endpoint := range endpoints {
		i := slices.IndexFunc(r.Settings, func(s setting) bool { return s.Endpoint == endpoint })
		if i < 0 {
			t.Errorf("%s is no setting", endpoint)
		} else if s := r.Settings[i]; s.Proof != "signed-in" || s.Username != user {
			t.Errorf("%s: proof %s, username %s", endpoint, s.Proof, s.Username)
		}
	}
}

// wantFinding fails unless there is a finding with this id about the subject.
func wantFinding(t *testing.T, r *report, id, subject string) {
	t.Helper()
	for _, f := range r.Findings {
		if f.ID == id && strings.Contains(f.Subject, subject) {
			return
		}
	}
	t.Errorf("no finding %s about %s, but %v", id, subject, r.findingIDs())
}

// wantReply fails unless the last try to sign in at the endpoint was answered with these words.
func wantReply(t *testing.T, r *report, endpoint, words string) {
	t.Helper()
	tries := r.observed("auth", endpoint)
	if len(tries) == 0 || !slices.ContainsFunc(tries, func(o observation) bool { return strings.Contains(o.Reply, words) }) {
		t.Errorf("%s: the tries are %+v, want the reply %q", endpoint, tries, words)
	}
}

// wantSoftware fails unless each endpoint is taken for what it is.
func wantSoftware(t *testing.T, r *report, software map[string]string) {
	t.Helper()
	for endpoint, name := range software {
		sessions := r.observed("session", endpoint)
		if len(sessions) == 0 || sessions[0].Software != name {
			t.Errorf("%s: %+v, want %s", endpoint, sessions, name)
		}
	}
}

// conversation says lines to a server in plain text and gives the line that comes back for each, the greeting first.
func conversation(t *testing.T, address string, lines ...string) []string {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(conn)
	var replies []string
	for i := range len(lines) + 1 {
		if i > 0 {
			if _, err := conn.Write([]byte(lines[i-1] + "\r\n")); err != nil {
				t.Fatal(err)
			}
		}
		reply, err := reader.ReadString('\n')
		if err != nil {
			t.Fatalf("%s after %q: %v", address, replies, err)
		}
		replies = append(replies, strings.TrimSpace(reply))
	}
	return replies
}

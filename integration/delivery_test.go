//go:build integration

package integration

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What mailmedic names must be what a mail program needs to send and to fetch.
func TestAMessageTravelsThroughTheDiscoveredSettings(t *testing.T) {
	t.Parallel()
	const user = "anna@starttls.test"
	r := check(t, user, password, "-f", "json").report(t)
	out := r.preferred(t, "outgoing")
	token := strconv.FormatInt(time.Now().UnixNano(), 36)
	said := swaks(t, addressOf(t, out.Host), strconv.Itoa(out.Port), out.Username, password,
		append(verified(), "--header", "Subject: "+token, "--body", "Sent with the settings that mailmedic found.")...)
	if !strings.Contains(said, "250 2.0.0 Ok: queued") {
		t.Fatalf("swaks could not send:\n%s", said)
	}
	message := fetchMessage(t, r.preferred(t, "incoming"), token)
	if !strings.Contains(message, "Sent with the settings that mailmedic found.") {
		t.Errorf("the message arrived as\n%s", message)
	}
}

// A message can be sent through each outgoing setting that is proved, not only the best.
func TestEveryProvedOutgoingSettingSends(t *testing.T) {
	t.Parallel()
	const user = "anna@good.test"
	r := check(t, user, password, "-f", "json").report(t)
	sent := []int{}
	for _, s := range r.Settings {
		if s.Role != "outgoing" || s.Proof != "signed-in" {
			continue
		}
		said := swaks(t, addressOf(t, s.Host), strconv.Itoa(s.Port), s.Username, password, verified()...)
		if !strings.Contains(said, "250 2.0.0 Ok: queued") {
			t.Errorf("swaks could not send through %s:\n%s", s.Endpoint, said)
		}
		sent = append(sent, s.Port)
	}
	if !slices.Contains(sent, 465) || !slices.Contains(sent, 587) {
		t.Errorf("proved outgoing settings have the ports %v", sent)
	}
}

// addressOf asks the test's name server.
func addressOf(t *testing.T, host string) string {
	t.Helper()
	addresses, err := testResolver().LookupHost(t.Context(), host+".")
	if err != nil || len(addresses) == 0 || net.ParseIP(addresses[0]) == nil {
		t.Fatalf("%s: %v, %v", host, addresses, err)
	}
	return addresses[0]
}

// fetchMessage waits for the message with a subject and gives it.
func fetchMessage(t *testing.T, s setting, subject string) string {
	t.Helper()
	c := dialIMAP(t, addressOf(t, s.Host), s)
	c.command(t, `LOGIN "%s" {%d+}`+"\r\n%s", s.Username, len(password), password)
	c.command(t, "SELECT INBOX")
	deadline := time.After(15 * time.Second)
	pause := time.NewTicker(50 * time.Millisecond)
	defer pause.Stop()
	for {
		c.command(t, "NOOP") // new messages are announced here
		reply := c.command(t, "SEARCH SUBJECT %s", subject)
		first, _, _ := strings.Cut(reply, "\r\n")
		if numbers := strings.Fields(strings.TrimPrefix(first, "* SEARCH")); strings.HasPrefix(first, "* SEARCH") && len(numbers) == 1 {
			return c.command(t, "FETCH %s BODY.PEEK[]", numbers[0])
		}
		select {
		case <-deadline:
			t.Fatal("the message did not arrive")
		case <-pause.C:
		}
	}
}

package lab

import (
	"crypto/rand"
	"net/http"
	"time"
)

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

// device is a device that waits for a person (RFC 8628).
type device struct {
	userCode, scope string
	interval        time.Duration
	last            time.Time // when it asked last
	approved        bool
}

// giveDevice gives the codes (RFC 8628 section 3.2).
func (i *issuer) giveDevice(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm() // what came of it counts
	switch {
	case i.Client != "" && r.PostForm.Get("client_id") != i.Client:
		refuse(w, "invalid_client", "")
		return
	case !i.knows(r.PostForm.Get("scope")):
		refuse(w, "invalid_scope", "")
		return
	}
	code, user := rand.Text(), rand.Text()[:4]+"-"+rand.Text()[:4]
	interval := max(i.Interval, 1)
	i.mu.Lock()
	i.devices[code] = &device{
		userCode: user, scope: r.PostForm.Get("scope"), interval: time.Duration(interval) * time.Second, last: i.now(),
	}
	i.mu.Unlock()
	answer(w, http.StatusOK, map[string]any{
		"device_code": code, "user_code": user, "expires_in": 600, "interval": interval,
		"verification_uri": i.endpoint("verify"), "verification_uri_complete": i.endpoint("verify") + "?user_code=" + user,
	})
}

// verify is the page at which a person types the code in.
func (i *issuer) verify(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, d := range i.devices {
		if d.userCode == r.URL.Query().Get("user_code") {
			d.approved = true
			_, _ = w.Write([]byte("thank you"))
			return
		}
	}
	http.Error(w, "no such code", http.StatusNotFound)
}

// poll answers a device that asks whether the person has agreed (RFC 8628 section 3.5).
func (i *issuer) poll(w http.ResponseWriter, code string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	d, ok := i.devices[code]
	if !ok {
		refuse(w, "invalid_grant", "no such device code")
		return
	}
	// A clock that ticks a little differently is no hurry.
	hurried := i.now().Sub(d.last) < d.interval*9/10
	d.last = i.now()
	switch {
	case i.Fault == "expire":
		refuse(w, "expired_token", "")
	case hurried:
		d.interval += 5 * time.Second
		refuse(w, "slow_down", "")
	case !d.approved:
		refuse(w, "authorization_pending", "")
	case i.Fault == "deny":
		refuse(w, "access_denied", "the user said no")
	default:
		delete(i.devices, code)
		i.give(w, d.scope)
	}
}

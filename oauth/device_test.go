package oauth

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// errLost is a connection that ended.
var errLost = &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}

const goodCode = `{"device_code":"dc-canary-1","user_code":"WDJB-MJHT","verification_uri":"https://auth.example/go","verification_uri_complete":"https://auth.example/go?c=WDJB-MJHT","expires_in":600,"interval":5}`

// deviceServer gives a code and then one answer after another, the last one for ever.
func deviceServer(code string, answers ...string) memory {
	return memory{
		"/device": func(url.Values) (int, string) { return 200, code },
		"/token": func(url.Values) (int, string) {
			answer := answers[0]
			if len(answers) > 1 {
				answers = answers[1:]
			}
			switch {
			case answer == "lost":
				return 0, ""
			case answer == "busy":
				return 503, "<html>busy</html>"
			case strings.Contains(answer, "access_token"):
				return 200, answer
			}
			return 400, fmt.Sprintf(`{"error":%q}`, answer)
		},
	}
}

func TestTheDeviceFlowKeepsThePaceOfTheServer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		code    string
		answers []string
		took    time.Duration
	}{
		"at once":                                 {goodCode, []string{goodToken}, 5 * time.Second},
		"after two questions":                     {goodCode, []string{"authorization_pending", "authorization_pending", goodToken}, 15 * time.Second},
		"slowed down":                             {goodCode, []string{"slow_down", goodToken}, 15 * time.Second},
		"slowed down twice":                       {goodCode, []string{"slow_down", "slow_down", goodToken}, 30 * time.Second},
		"after a lost connection":                 {goodCode, []string{"lost", goodToken}, 15 * time.Second},
		"after a busy server":                     {goodCode, []string{"busy", "authorization_pending", goodToken}, 25 * time.Second},
		"without an interval":                     {strings.ReplaceAll(goodCode, `"interval":5`, `"x":1`), []string{goodToken}, 5 * time.Second},
		"an interval below nothing":               {strings.ReplaceAll(goodCode, `"interval":5`, `"interval":-9`), []string{goodToken}, 5 * time.Second},
		"an interval without end":                 {strings.ReplaceAll(goodCode, `"interval":5`, `"interval":9223372036854775807`), []string{goodToken}, time.Minute},
		"a device's code with the person's in it": {strings.ReplaceAll(goodCode, "dc-canary-1", "WDJB-MJHT-1234"), []string{goodToken}, 5 * time.Second},
		"Google's word for the address":           {strings.ReplaceAll(goodCode, `"verification_uri":`, `"verification_url":`), []string{goodToken}, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				var shown Code
				grant, err := request(deviceServer(c.code, c.answers...)).Device(t.Context(), func(code Code) { shown = code })
				if err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); took != c.took {
					t.Errorf("it took %s, want %s", took, c.took)
				}
				if shown.User != "WDJB-MJHT" || shown.Page != "https://auth.example/go" || shown.Direct == "" {
					t.Errorf("shown: %+v", shown)
				}
				if grant.Token.Reveal() != "at-canary-1" || time.Until(grant.Expires) != time.Hour || !slices.Equal(grant.Scopes, []string{"mail"}) {
					t.Errorf("got %+v", grant)
				}
			})
		})
	}
}

func TestTheDeviceFlowEndsWithoutAToken(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		code   string
		answer string
		want   string // a code of a refusal, or what the error says
		took   time.Duration
	}{
		"denied":                         {goodCode, "access_denied", "access_denied", 5 * time.Second},
		"expired, says the server":       {goodCode, "expired_token", "expired_token", 5 * time.Second},
		"expired by the clock":           {strings.ReplaceAll(goodCode, "600", "7"), "authorization_pending", "expired_token", 7 * time.Second},
		"a life without end":             {strings.ReplaceAll(goodCode, "600", "9223372036854775807"), "authorization_pending", "expired_token", -1},
		"a life of two hours at most":    {strings.ReplaceAll(goodCode, "600", "900000"), "authorization_pending", "expired_token", 2 * time.Hour},
		"no code":                        {`{"user_code":"A","verification_uri":"https://auth.example/"}`, "x", "no code for the device flow", 0},
		"null, which crashes libraries":  {"null", "x", "no answer of OAuth 2.0", 0},
		"a list":                         {`[]`, "x", "no answer of OAuth 2.0", 0},
		"text":                           {`welcome`, "x", "no answer of OAuth 2.0", 0},
		"a page that is not https":       {strings.ReplaceAll(goodCode, "https://auth.example/go\"", "http://auth.example/go\""), "x", "not https", 0},
		"a page that is a program":       {strings.ReplaceAll(goodCode, "https://auth.example/go\"", "javascript:alert(1)\""), "x", "not https", 0},
		"the device's code for people":   {strings.ReplaceAll(goodCode, "WDJB-MJHT", "x dc-canary-1"), "x", "gives the device's away", 0},
		"the device's code in the page":  {strings.ReplaceAll(goodCode, "https://auth.example/go\"", "https://auth.example/dc-canary-1\""), "x", "gives the device's away", 0},
		"a code that nobody can type in": {strings.ReplaceAll(goodCode, "WDJB-MJHT", strings.Repeat("x", 200)), "x", "nobody can type in", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				_, err := request(deviceServer(c.code, c.answer)).Device(t.Context(), func(Code) {})
				refused, _ := errors.AsType[*Refusal](err)
				if err == nil || (refused == nil || refused.Code != c.want) && !strings.Contains(err.Error(), c.want) {
					t.Fatalf("got %v", err)
				}
				if took := time.Since(began); c.took >= 0 && took != c.took {
					t.Errorf("it took %s, want %s", took, c.took)
				}
			})
		})
	}
}

func TestTheDeviceFlowEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := request(deviceServer(goodCode, "authorization_pending")).Device(ctx, func(Code) { cancel() })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		asked := false
		web := deviceServer(goodCode, "x")
		web["/device"] = func(url.Values) (int, string) { asked = true; return 200, goodCode }
		if _, err = request(web).Device(ctx, func(Code) {}); !errors.Is(err, context.Canceled) || asked {
			t.Errorf("a flow that is over before it begins: %v, asked %v", err, asked)
		}
	})
}

func TestWhereNoCodeCanBeAskedForTheFlowEndsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		web := deviceServer(goodCode, "x")
		web["/device"] = func(url.Values) (int, string) { return 0, "" }
		_, err := request(web).Device(t.Context(), func(Code) {})
		if failed, ok := errors.AsType[*Failed](err); !ok || failed.Class != mail.Reset || failed.At != "https://auth.example/device" {
			t.Errorf("got %v", err)
		}
	})
}

func TestATokenThatNoMailServerTakesIsNone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ answer, want string }{
		"another kind":         {`{"access_token":"x","token_type":"DPoP"}`, "another kind than Bearer"},
		"a line end":           {`{"access_token":"x\ny"}`, "characters that no token has"},
		"the end of a message": {`{"access_token":"x\u0001auth=y"}`, "characters that no token has"},
		"a very long one":      {`{"access_token":"` + strings.Repeat("x", 40000) + `"}`, "more than 32 KiB"},
		"an empty one":         {`{"access_token":""}`, "no answer of OAuth 2.0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, err := request(deviceServer(goodCode, c.answer)).Device(t.Context(), func(Code) {})
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

func TestWhatAServerRepeatsOfASecretIsNotShown(t *testing.T) {
	t.Parallel()
	const secret = "cs-canary-77"
	for name, answer := range map[string]string{
		"in a refusal": `{"error":"invalid_grant dc-canary-1","error_description":"you sent dc-canary-1 and cs-canary-77, ZGMtY2FuYXJ5LTE=","error_uri":"https://auth.example/?c=dc-canary-1"}`,
		"in the scope": `{"access_token":"at-canary-1","refresh_token":"rt-canary-1","scope":"mail at-canary-1 rt-canary-1 dc-canary-1 cs-canary-77"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				web := deviceServer(goodCode)
				web["/token"] = func(form url.Values) (int, string) {
					if form.Get("client_secret") != secret || form.Get("device_code") != "dc-canary-1" {
						t.Errorf("sent: %v", form)
					}
					if strings.Contains(answer, "access_token") {
						return 200, answer
					}
					return 400, answer
				}
				r := request(web)
				r.Client.Secret = mail.NewSecret([]byte(secret))
				var code Code
				grant, err := r.Device(t.Context(), func(c Code) { code = c })
				said := fmt.Sprintf("%+v %+v %+v", code, grant, err)
				if refused, ok := errors.AsType[*Refusal](err); ok {
					said += fmt.Sprintf("%+v %+v", *refused, refused.Advice())
				}
				if strings.Contains(said, "canary") || strings.Contains(said, "ZGMtY2FuYXJ5") {
					t.Errorf("it shows a secret: %s", said)
				}
			})
		})
	}
}

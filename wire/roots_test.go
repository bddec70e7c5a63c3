package wire

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLoadRoots(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "Company Root")
	file := filepath.Join(t.TempDir(), "ca.pem")
	text := "comment\n" + string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.cert.Raw}))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	roots, err := LoadRoots(file)
	if err != nil {
		t.Fatal(err)
	}
	leaf := ca.issue(t, nil).Leaf
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: today}); err != nil {
		t.Error(err)
	}
	if only := ca.pool(); roots.Equal(only) {
		t.Error("the system's roots are lost")
	}
}

func TestLoadRootsSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	empty, key := filepath.Join(dir, "empty.pem"), filepath.Join(dir, "key.pem")
	for file, text := range map[string]string{empty: "", key: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for file, words := range map[string]string{empty: "holds no certificate", key: "holds no certificate", filepath.Join(dir, "missing.pem"): "missing.pem"} {
		roots, err := LoadRoots(file)
		if err == nil || roots != nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestTheBundledRootsAreMany(t *testing.T) {
	t.Parallel()
	count := 0
	for range bundledRoots().Subjects() { //nolint:staticcheck // this pool is not the system's
		count++
	}
	if count < 100 {
		t.Errorf("only %d roots are compiled in", count)
	}
}

package wire

import (
	"fmt"
	"testing"

	"github.com/miekg/dns"
)

func TestMemoryForgetsTheOldest(t *testing.T) {
	t.Parallel()
	var m memory
	name := func(i int) question { return question{fmt.Sprintf("n%d.example.", i), dns.TypeA} }
	for i := range maxRemembered + 10 {
		c, isNew := m.get(name(i))
		if !isNew {
			t.Fatalf("%d is not new", i)
		}
		close(c.done)
	}
	if len(m.calls) != maxRemembered || len(m.order) != maxRemembered {
		t.Errorf("%d are kept", len(m.calls))
	}
	if _, known := m.peek(name(9)); known {
		t.Error("the oldest is kept")
	}
	if _, known := m.peek(name(10)); !known {
		t.Error("a younger one is forgotten")
	}
	if _, isNew := m.get(name(maxRemembered)); isNew {
		t.Error("what is remembered is asked again")
	}
}

func TestPeekDoesNotWait(t *testing.T) {
	t.Parallel()
	var m memory
	q := question{"example.", dns.TypeA}
	m.get(q)
	if _, there := m.peek(q); there {
		t.Error("an answer is there before it has come")
	}
}

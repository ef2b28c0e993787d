package pipelines

import (
	"net"
	"net/http"
	"sync"
)

// IntakeServer returns a server for [Hub.Intake] with the limits of Options.Intake. Serve it on a listener of
// [Hub.LimitConnections].
func (h *Hub) IntakeServer() *http.Server {
	i := h.o.Intake
	return &http.Server{
		Handler: h.Intake(), ReadHeaderTimeout: i.HeaderTime, ReadTimeout: i.HeaderTime + i.BodyTime,
		WriteTimeout: i.HeaderTime + i.BodyTime + 2*i.Deadline, IdleTimeout: 2 * i.BodyTime, MaxHeaderBytes: i.Headers,
	}
}

// LimitConnections accepts no more than Options.Intake.Open connections at once; others wait in the system's queue.
func (h *Hub) LimitConnections(l net.Listener) net.Listener {
	return &limitedListener{Listener: l, places: make(chan struct{}, h.o.Intake.Open), closed: make(chan struct{})}
}

type limitedListener struct {
	net.Listener
	places chan struct{}
	closed chan struct{}
	once   sync.Once
}

func (l *limitedListener) Accept() (net.Conn, error) {
	select {
	case l.places <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.places
		return nil, err
	}
	return &limitedConn{Conn: c, leave: func() { <-l.places }}, nil
}

func (l *limitedListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

type limitedConn struct {
	net.Conn
	once  sync.Once
	leave func()
}

func (c *limitedConn) Close() error {
	defer c.once.Do(c.leave)
	return c.Conn.Close()
}

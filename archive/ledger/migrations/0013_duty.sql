-- The duty desk 值班室 of an office, as dated rows: the telephone that is answered at any hour. Whom to call about secrecy is in `contact`.
CREATE TABLE duty_desk (
  office TEXT NOT NULL REFERENCES office (code),
  phone TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  PRIMARY KEY (office, valid_from)
) STRICT;

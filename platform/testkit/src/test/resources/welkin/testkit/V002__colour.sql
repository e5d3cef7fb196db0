ALTER TABLE thing ADD COLUMN colour VARCHAR(16);
UPDATE thing SET colour = 'grey';

-- Produced by nova-manage 26.2.2 (Zed): api_db sync / db sync on PostgreSQL 15.18 (pg_dump --schema-only)
CREATE TABLE public.cell_mappings (
    created_at timestamp without time zone,
    updated_at timestamp without time zone,
    id integer NOT NULL,
    uuid character varying(36) NOT NULL,
    name character varying(255),
    transport_url text,
    database_connection text,
    disabled boolean
);
CREATE SEQUENCE public.cell_mappings_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.cell_mappings_id_seq OWNED BY public.cell_mappings.id;
CREATE TABLE public.host_mappings (
    created_at timestamp without time zone,
    updated_at timestamp without time zone,
    id integer NOT NULL,
    cell_id integer NOT NULL,
    host character varying(255) NOT NULL
);
CREATE SEQUENCE public.host_mappings_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.host_mappings_id_seq OWNED BY public.host_mappings.id;
CREATE TABLE public.instance_mappings (
    created_at timestamp without time zone,
    updated_at timestamp without time zone,
    id integer NOT NULL,
    instance_uuid character varying(36) NOT NULL,
    cell_id integer,
    project_id character varying(255) NOT NULL,
    queued_for_delete boolean,
    user_id character varying(255)
);
CREATE SEQUENCE public.instance_mappings_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.instance_mappings_id_seq OWNED BY public.instance_mappings.id;
ALTER TABLE ONLY public.cell_mappings ALTER COLUMN id SET DEFAULT nextval('public.cell_mappings_id_seq'::regclass);
ALTER TABLE ONLY public.host_mappings ALTER COLUMN id SET DEFAULT nextval('public.host_mappings_id_seq'::regclass);
ALTER TABLE ONLY public.instance_mappings ALTER COLUMN id SET DEFAULT nextval('public.instance_mappings_id_seq'::regclass);
ALTER TABLE ONLY public.cell_mappings
    ADD CONSTRAINT cell_mappings_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.host_mappings
    ADD CONSTRAINT host_mappings_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.instance_mappings
    ADD CONSTRAINT instance_mappings_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.cell_mappings
    ADD CONSTRAINT uniq_cell_mappings0uuid UNIQUE (uuid);
ALTER TABLE ONLY public.host_mappings
    ADD CONSTRAINT uniq_host_mappings0host UNIQUE (host);
ALTER TABLE ONLY public.instance_mappings
    ADD CONSTRAINT uniq_instance_mappings0instance_uuid UNIQUE (instance_uuid);
CREATE INDEX host_idx ON public.host_mappings USING btree (host);
CREATE INDEX instance_mappings_user_id_project_id_idx ON public.instance_mappings USING btree (user_id, project_id);
CREATE INDEX instance_uuid_idx ON public.instance_mappings USING btree (instance_uuid);
CREATE INDEX project_id_idx ON public.instance_mappings USING btree (project_id);
CREATE INDEX uuid_idx ON public.cell_mappings USING btree (uuid);
ALTER TABLE ONLY public.host_mappings
    ADD CONSTRAINT host_mappings_cell_id_fkey FOREIGN KEY (cell_id) REFERENCES public.cell_mappings(id);
ALTER TABLE ONLY public.instance_mappings
    ADD CONSTRAINT instance_mappings_cell_id_fkey FOREIGN KEY (cell_id) REFERENCES public.cell_mappings(id);
-- build_requests as nova's migrations d67eeaabee36 and b30f573d3377 make it (nova/db/api/migrations/versions)
CREATE TABLE public.build_requests (
    created_at timestamp without time zone,
    updated_at timestamp without time zone,
    id integer NOT NULL,
    project_id character varying(255) NOT NULL,
    instance_uuid character varying(36),
    instance text,
    block_device_mappings text,
    tags text
);
CREATE SEQUENCE public.build_requests_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.build_requests_id_seq OWNED BY public.build_requests.id;
ALTER TABLE ONLY public.build_requests ALTER COLUMN id SET DEFAULT nextval('public.build_requests_id_seq'::regclass);
ALTER TABLE ONLY public.build_requests
    ADD CONSTRAINT build_requests_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.build_requests
    ADD CONSTRAINT uniq_build_requests0instance_uuid UNIQUE (instance_uuid);
CREATE INDEX build_requests_project_id_idx ON public.build_requests USING btree (project_id);
CREATE INDEX build_requests_instance_uuid_idx ON public.build_requests USING btree (instance_uuid);
